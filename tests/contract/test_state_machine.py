"""The service against a small model of a session, with operations in random order (hypothesis)."""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from app.core import identities
from app.core.clock import ManualClock
from app.core.core import Core
from tests.factories import ORIGIN, Identities, Somebody

from .drivers import CLIENT, DRIVERS, Driver, Held

DAY = 86_400
# dialect: how long an access token, the session, and the whole of it live
TERMS = {
    "aaa": (43_200, 1_800, 43_200),
    "token_v2": (3_600, 30 * DAY, 90 * DAY),
    "login": (20, 20, 20),
    "session": (3_600, 30 * DAY, 90 * DAY),
}
REFRESHED = ["token_v2", "session"]
GRACE = 10
STEPS = [1, 9, 10, 11, 19, 20, 59, 60, 1_799, 1_800, 3_599, 3_600, 43_200, 29 * DAY, 30 * DAY]

NUMBERS = count(1)


@dataclass
class User:
    disabled: bool = False
    password_expired: bool = False


@dataclass
class Session:
    """The model of a session, and the tokens that the service has issued for it."""

    id: int
    dialect: str
    rotated_at: float
    access_until: float
    until: float
    absolute: float
    ended: bool = False
    held: list[Held] = field(default_factory=list)

    @property
    def generation(self) -> int:
        return len(self.held)

    def over(self, user: User, now: float) -> bool:
        return user.disabled or self.ended or self.until <= now

    def in_grace(self, generation: int, now: float) -> bool:
        return generation == self.generation - 1 and now < self.rotated_at + GRACE

    def restricted(self, user: User) -> bool:
        return user.password_expired and self.dialect != "login"

    def extend(self, now: float) -> None:
        """As at a login or a rotation."""
        access, session, _ = TERMS[self.dialect]
        self.rotated_at = now
        self.access_until = min(now + access, self.absolute)
        self.until = min(now + session, self.absolute)


class Life(RuleBasedStateMachine):
    """The status of each operation, and the rows after it, must be as the model says."""

    core: Core
    clock: ManualClock
    identities: Identities
    drivers: dict[str, Driver]
    rows: staticmethod

    singles = Bundle("singles")
    pairs = Bundle("pairs")
    anything = st.one_of(singles, pairs)

    @initialize(target=pairs, dialect=st.sampled_from(REFRESHED))
    def somebody_logs_in(self, dialect: str) -> Session:
        self.user = User()
        self.somebody: Somebody = self.identities.add(f"user{next(NUMBERS)}")
        self.password = self.somebody.password
        self.all: list[Session] = []
        return self.opened(dialect)

    @property
    def now(self) -> float:
        return self.clock.now()

    def refused_login(self, dialect: str) -> int | None:
        if self.user.disabled:
            return 401 if dialect == "login" else 403
        if self.user.password_expired and dialect in ("token_v2", "session"):
            return 403
        return None

    @rule(target=singles, dialect=st.sampled_from(["aaa", "login"]))
    def log_in(self, dialect: str) -> Session:
        return self.opened(dialect)

    @rule(target=pairs, dialect=st.sampled_from(REFRESHED))
    def log_in_for_a_pair(self, dialect: str) -> Session:
        return self.opened(dialect)

    def opened(self, dialect: str) -> Session:
        driver = self.drivers[dialect]
        secret = None if dialect == "login" else self.password
        response = driver.log_in(self.somebody, secret=secret)
        expected = self.refused_login(dialect)
        if expected is not None:
            assert response.status_code == expected
            return multiple()
        assert response.status_code == 200
        known = {session.id for session in self.all}
        [new] = [row for row in self.table() if row["id"] not in known]
        now = self.now
        session = Session(new["id"], dialect, now, 0, 0, now + TERMS[dialect][2])
        session.extend(now)
        session.held.append(driver.held(response))
        self.all.append(session)
        return session

    @rule(session=anything, back=st.integers(0, 2))
    def use(self, session: Session, back: int) -> None:
        generation = max(1, session.generation - back)
        response = self.drivers[session.dialect].use(session.held[generation - 1])
        assert response.status_code == self.foretold_use(session, generation)
        if session.dialect == "aaa" and response.status_code == 204:
            renewed = min(self.now + 1_800, session.absolute)
            if renewed - session.until >= 60:
                session.until = renewed

    def foretold_use(self, session: Session, generation: int) -> int:
        if session.dialect == "aaa" and self.user.disabled:
            return 403
        dead = session.over(self.user, self.now) or session.access_until <= self.now
        if dead or generation != session.generation:
            return 401
        if session.restricted(self.user):
            return 401 if session.dialect == "token_v2" else 403
        return 200 if session.dialect == "session" else 204

    @rule(session=pairs, back=st.sampled_from([0, 0, 0, 1, 1, 2]))
    def rotate(self, session: Session, back: int) -> None:
        driver = self.drivers[session.dialect]
        generation = max(1, session.generation - back)
        response = driver.refresh(session.held[generation - 1])
        if session.over(self.user, self.now):
            assert response.status_code == 401
        elif session.restricted(self.user):
            assert response.status_code == 403
        elif generation == session.generation:
            assert response.status_code == 200
            session.held.append(driver.held(response))
            session.extend(self.now)
        elif session.in_grace(generation, self.now):
            assert response.status_code == 200
            assert driver.held(response) == session.held[-1]
        else:
            assert response.status_code == 401
            session.ended = True

    @rule(session=anything, back=st.integers(0, 2))
    def end(self, session: Session, back: int) -> None:
        if session.dialect == "login":
            return
        generation = max(1, session.generation - back)
        response = self.drivers[session.dialect].end(session.held[generation - 1])
        if session.dialect == "aaa" and self.user.disabled:
            assert response.status_code == 403
        elif session.over(self.user, self.now):
            assert response.status_code == 401
        elif generation == session.generation or session.in_grace(generation, self.now):
            assert response.status_code == 204
            session.ended = True
        else:
            assert response.status_code == 401

    @rule(seconds=st.sampled_from(STEPS))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(
        session=anything,
        bound=st.sampled_from(["grace", "grace", "access_until", "until"]),
        offset=st.sampled_from([-1, 0, 0]),
        act=st.sampled_from(["use", "rotate", "rotate", "end"]),
        back=st.integers(0, 1),
    )
    def act_on_the_exact_second(
        self, session: Session, bound: str, offset: int, act: str, back: int
    ) -> None:
        """Advance exactly to a bound that lies ahead: random amounts of time rarely meet one."""
        until = session.rotated_at + GRACE if bound == "grace" else getattr(session, bound)
        if until + offset >= self.now:
            self.clock.advance(until + offset - self.now)
            act = act if session.dialect in REFRESHED or act != "rotate" else "use"
            getattr(self, act)(session=session, back=back)

    @rule(what=st.sampled_from(["disable", "enable", "enable", "expire", "change", "change"]))
    def something_happens_to_the_account(self, what: str) -> None:
        user_id = self.somebody.id
        match what:
            case "disable":
                disabled = identities.disable(self.core, user_id, ORIGIN)
                assert disabled is not self.user.disabled
                if disabled:
                    self.end_all()
                self.user.disabled = True
            case "enable":
                assert identities.enable(self.core, user_id, ORIGIN) is self.user.disabled
                self.user.disabled = False
            case "expire":
                identities.expire_password(self.core, user_id, ORIGIN)
                self.user.password_expired = True
            case "change":
                self.password = f"a good password, number {next(NUMBERS)}"
                identities.set_password(self.core, user_id, self.password, ORIGIN)
                self.user.password_expired = False
                self.end_all()

    @rule(session=pairs, seconds=st.sampled_from([0, 9, 10, 11]))
    def refresh_twice(self, session: Session, seconds: int) -> None:
        self.rotate(session=session, back=0)
        self.clock.advance(seconds)
        self.rotate(session=session, back=1)

    def end_all(self) -> None:
        for session in self.all:
            session.ended = True

    def table(self) -> list[dict[str, object]]:
        return self.rows(
            "SELECT id, generation, ended_at, expires_at, access_expires_at FROM sessions"
            " WHERE user_id = :user",
            user=self.somebody.id,
        )

    @invariant()
    def the_rows_are_as_foretold(self) -> None:
        found = {row["id"]: row for row in self.table()}
        assert found.keys() == {session.id for session in self.all}
        for session in self.all:
            row = found[session.id]
            assert row["generation"] == session.generation
            assert (row["ended_at"] is not None) is session.ended
            if not session.ended:
                assert row["expires_at"] == session.until
                assert row["access_expires_at"] == session.access_until


def test_no_order_of_events_makes_the_service_differ_from_its_model(
    client, core: Core, clock: ManualClock, identities: Identities, rows
):
    identities.client(CLIENT)

    class Bound(Life):
        pass

    Bound.core, Bound.clock, Bound.identities = core, clock, identities
    Bound.drivers = {driver.name: driver(client) for driver in DRIVERS}
    Bound.rows = staticmethod(rows)
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
