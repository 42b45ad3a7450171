"""Flask-Security-Too, token authentication: one protected JSON route on SQLite.

``python app.py prepare ROWS`` makes the database and ``tokens.txt``; ``gunicorn app:app`` serves it.
"""

import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, current_user
from flask_security.models import fsqla_v3
from flask_sqlalchemy import SQLAlchemy

HOME = Path(os.environ["PEER_HOME"])

app = Flask(__name__)
app.config.update(
    SECRET_KEY="benchmark-secret-known-to-everybody",
    SECURITY_PASSWORD_SALT="146585145368132386173505678016728509634",
    SECURITY_PASSWORD_HASH="argon2",
    SECURITY_TOKEN_MAX_AGE=timedelta(days=3650),  # the database is kept from run to run
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{HOME / 'peer.sqlite3'}",
)
db = SQLAlchemy(app)
fsqla_v3.FsModels.set_db_info(db)


class Role(db.Model, fsqla_v3.FsRoleMixin):
    pass


class User(db.Model, fsqla_v3.FsUserMixin):
    pass


security = Security(app, SQLAlchemyUserDatastore(db, User, Role))


@app.get("/verify")
@auth_required("token")
def verify():
    return {"id": current_user.id, "email": current_user.email}


def prepare(rows: int) -> None:
    with app.app_context():
        db.create_all()
        users = [
            {
                "email": f"user{number}@example.com",
                "fs_uniquifier": uuid.uuid4().hex,
                "active": True,
                "password": "unused",
            }
            for number in range(rows)
        ]
        db.session.execute(db.insert(User), users)
        db.session.commit()
        with (HOME / "tokens.txt").open("w") as file:
            for user in db.session.scalars(db.select(User)):
                file.write(user.get_auth_token() + "\n")


if __name__ == "__main__":
    prepare(int(sys.argv[2]))
