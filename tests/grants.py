"""What each dialect hands out and declares, under one name: for tests that are about none of them alone."""

from app.dialects.aaa.grants import npm_token_of_session, npm_token_of_user
from app.dialects.aaa.grants import sessid as aaa_session
from app.dialects.aaa.kinds import AAA, CODES, NPM, OAUTH
from app.dialects.aaa.kinds import SESSION as SESSID
from app.dialects.login.kinds import LOGIN
from app.dialects.login.kinds import TOKEN as LOGIN_TOKEN
from app.dialects.session.grants import Pair
from app.dialects.session.grants import pair as session_pair
from app.dialects.session.grants import refreshed_pair as refreshed_session_pair
from app.dialects.session.kinds import ACCESS, REFRESH, SESSION
from app.dialects.token_v2 import grants as token_v2
from app.dialects.token_v2.grants import pair as jwt_pair
from app.dialects.token_v2.grants import refreshed_pair as refreshed_jwt_pair
from app.dialects.token_v2.kinds import ACCESS as JWT_ACCESS
from app.dialects.token_v2.kinds import REFRESH as JWT_REFRESH
from app.dialects.token_v2.kinds import TOKEN_V2

__all__ = [
    "AAA",
    "CODES",
    "LOGIN",
    "SESSION",
    "TOKEN_V2",
    "Pair",
    "Purpose",
    "aaa_session",
    "jwt_pair",
    "npm_token_of_session",
    "npm_token_of_user",
    "refreshed_jwt_pair",
    "refreshed_session_pair",
    "session_pair",
    "token_v2",
]


class Purpose:
    """The purposes of all four, by the names that salt their signatures."""

    AAA_SESSION = SESSID
    AAA_NPM = NPM
    AAA_OAUTH = OAUTH
    TOKEN_V2_ACCESS = JWT_ACCESS
    TOKEN_V2_REFRESH = JWT_REFRESH
    LOGIN = LOGIN_TOKEN
    SESSION_ACCESS = ACCESS
    SESSION_REFRESH = REFRESH
