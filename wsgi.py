"""The WSGI entry point: ``gunicorn -c gunicorn.conf.py wsgi:app`` and ``flask --app wsgi``."""

from app import create_app
from config import load_settings

app = create_app(load_settings())
