"""The tables of figures for operators: the purge's leader writes them, and lists read them."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Model
from .types import NumericDate


class EventHour(Model):
    """How many audit events of a kind there were in an hour. ``hour`` is its first second, a NumericDate.

    Where an event has no dialect or no reason, the text is empty: a key has no NULL.
    """

    __tablename__ = "event_hours"

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dialect: Mapped[str] = mapped_column(String(20), primary_key=True)
    event: Mapped[str] = mapped_column(String(40), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]


class RequestHour(Model):
    """How many requests of a door were answered in an hour within a time: a bucket of a histogram.

    ``bound`` is the number of the bucket, as ``http.metrics`` has them.
    """

    __tablename__ = "request_hours"

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    door: Mapped[str] = mapped_column(String(20), primary_key=True)
    bound: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class Figure(Model):
    """A figure for operators that the purge's leader keeps. ``value`` is JSON, ``at`` is when it was found.

    ``number`` is a figure of its own: of "event_hours" the last audit event that is counted, by id.
    """

    __tablename__ = "figures"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[NumericDate]
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    value: Mapped[str] = mapped_column(Text)
