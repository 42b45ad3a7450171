"""x"""

from ...http.dialect import Dialect
