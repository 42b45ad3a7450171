"""Flask-SQLAlchemy, created unbound; ``create_app`` binds it to one application."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, registry


class Model(DeclarativeBase):
    # 64-bit integers; SQLite numbers rows by itself only where the type is exactly INTEGER.
    registry = registry(type_annotation_map={int: BigInteger().with_variant(Integer(), "sqlite")})
    # Named constraints let Alembic drop and recreate them on SQLite as on PostgreSQL.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Model)
