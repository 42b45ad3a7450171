"""The WSGI entry point: ``gunicorn -c gunicorn.conf.py wsgi:app`` and ``flask --app wsgi``."""

from app import create_app
from app.settings.start import refuse_another_configuration
from config import load_settings

refuse_another_configuration()
app = create_app(load_settings())
