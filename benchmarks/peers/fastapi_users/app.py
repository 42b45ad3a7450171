"""fastapi-users with its database strategy: one protected JSON route on SQLite.

``python app.py prepare ROWS`` makes the database and ``tokens.txt``; ``uvicorn app:app`` serves it.
"""

import asyncio
import os
import secrets
import sys
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport
from fastapi_users.authentication.strategy.db import DatabaseStrategy
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

HOME = Path(os.environ["PEER_HOME"])


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass


engine = create_async_engine(f"sqlite+aiosqlite:///{HOME / 'peer.sqlite3'}")
new_session = async_sessionmaker(engine, expire_on_commit=False)


async def session():
    async with new_session() as opened:
        yield opened


async def users(opened: Annotated[AsyncSession, Depends(session)]):
    yield SQLAlchemyUserDatabase(opened, User)


async def access_tokens(opened: Annotated[AsyncSession, Depends(session)]):
    yield SQLAlchemyAccessTokenDatabase(opened, AccessToken)


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    pass


async def manager(database: Annotated[SQLAlchemyUserDatabase, Depends(users)]):
    yield Manager(database)


def strategy(database: Annotated[SQLAlchemyAccessTokenDatabase, Depends(access_tokens)]):
    return DatabaseStrategy(database, lifetime_seconds=30 * 86_400)


backend = AuthenticationBackend("bearer", BearerTransport("login"), strategy)
active_user = FastAPIUsers(manager, [backend]).current_user(active=True)
app = FastAPI()


@app.get("/verify")
async def verify(user: Annotated[User, Depends(active_user)]):
    return {"id": str(user.id), "email": user.email}


async def prepare(rows: int) -> None:
    ids = [uuid.uuid4() for _ in range(rows)]
    tokens = [secrets.token_urlsafe() for _ in ids]
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            insert(User),
            [
                {"id": id_, "email": f"user{number}@example.com", "hashed_password": "unused"}
                for number, id_ in enumerate(ids)
            ],
        )
        await connection.execute(
            insert(AccessToken),
            [{"token": token, "user_id": id_} for token, id_ in zip(tokens, ids, strict=True)],
        )
    await engine.dispose()
    (HOME / "tokens.txt").write_text("".join(f"{token}\n" for token in tokens))


if __name__ == "__main__":
    asyncio.run(prepare(int(sys.argv[2])))
