"""Django REST framework, token authentication: one protected JSON route on SQLite.

``python app.py prepare ROWS`` makes the database and ``tokens.txt``; ``gunicorn app:app`` serves it.
"""
# ruff: noqa: E402, Django must be set up before its models are imported

import os
import sys
from pathlib import Path

import django
from django.conf import settings

HOME = Path(os.environ["PEER_HOME"])

settings.configure(
    SECRET_KEY="benchmark-secret-known-to-everybody",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "peer.sqlite3",
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path
from rest_framework.authtoken.models import Token
from rest_framework.response import Response
from rest_framework.views import APIView


class Verify(APIView):
    def get(self, request):
        return Response({"id": request.user.id, "email": request.user.email})


urlpatterns = [path("verify", Verify.as_view())]
app = get_wsgi_application()


def prepare(rows: int) -> None:
    call_command("migrate", verbosity=0)
    users = [
        User(username=f"user{number}", email=f"user{number}@example.com", password="unused")
        for number in range(rows)
    ]
    User.objects.bulk_create(users, batch_size=1_000)
    tokens = [Token(key=Token.generate_key(), user=user) for user in User.objects.all()]
    Token.objects.bulk_create(tokens, batch_size=1_000)
    (HOME / "tokens.txt").write_text("".join(f"{token.key}\n" for token in tokens))


if __name__ == "__main__":
    prepare(int(sys.argv[2]))
