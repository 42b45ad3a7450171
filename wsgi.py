"""The WSGI entry point: ``gunicorn -c gunicorn.conf.py wsgi:app`` and ``flask --app wsgi``."""

import gc

# What is loaded until the application is made is no garbage: to look for some takes a tenth of the start.
_looking = gc.isenabled()
gc.disable()

from app import create_app
from app.settings.start import refuse_another_configuration
from config import load_settings

refuse_another_configuration()
app = create_app(load_settings())
if _looking:
    gc.freeze()
    gc.enable()
