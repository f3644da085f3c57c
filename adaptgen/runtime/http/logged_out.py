"""Answers that say "nobody is logged in" without the status that was declared for it: a table of evidence.

Evidence counts only where the answer is small and unlike the one that was declared, so that a record may mention
sessions and logins. What is found is a :class:`Sign`: what an operator writes into the hints to say it for
good. Rows are words in their order with ``…`` for a gap; nothing of the answer itself but an error code is kept.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.syntax.identifiers import vocabulary

SMALL: Final = 4096
"""Bytes of an answer that may say that the session has ended."""
_PAGE: Final = 65_536
_AGAIN: Final = 900.0
"""Seconds after which a sign that a renewal did not cure is worth another one."""
_SIGNS: Final = 50
_GAP: Final = r".{0,24}?"

PHRASES: Final = (
    # English
    "not authenticated", "not logged in", "not signed in", "no longer logged in", "no longer signed in",
    "not logged-in", "unauthenticated", "unauthorized", "unauthorised", "credentials … not provided",
    "credentials … missing", "missing credentials", "authentication … required", "requires authentication",
    "authentication … not provided", "missing authentication", "login required", "requires login", "must log in",
    "must login", "must be logged in", "must be signed in", "must sign in", "need to log in", "need to sign in",
    "please log in", "please login", "please sign in", "please log-in", "please re-login", "log in again",
    "login again", "sign in again", "sign in to", "log in to continue", "reauthenticate", "re-authenticate",
    "session … expired", "session … invalid", "session … timed out", "session … timeout", "session … ended",
    "session … not found", "session … terminated", "session … no longer valid", "session … not valid",
    "session … does not exist", "expired session", "invalid session", "no session", "no active session",
    "unknown session", "token … expired", "token … invalid", "token … not valid", "token … revoked",
    "token … missing", "token … not provided", "expired token", "invalid token", "missing token",
    "invalid access token", "invalid auth token", "no token provided", "no valid token", "jwt expired",
    "jwt … invalid", "signature has expired", "access token … required", "login … expired", "cookie … expired",
    # German
    "nicht angemeldet", "nicht eingeloggt", "nicht authentifiziert", "sitzung … abgelaufen", "sitzung … ungültig",
    "sitzung … beendet", "anmeldung erforderlich", "bitte … anmelden", "bitte melden sie sich", "erneut anmelden",
    "bitte … einloggen", "token … abgelaufen",
    # French
    "non authentifié", "non connecté", "session … expiré", "session … invalide", "veuillez vous connecter",
    "veuillez vous reconnecter", "veuillez vous identifier", "authentification requise", "jeton … expiré",
    "jeton … invalide", "merci de vous connecter",
    # Spanish and Portuguese
    "no autenticado", "no … autenticado", "no autorizado", "sesión … expirad", "sesión … caducad", "sesión … inválid",
    "sesion … expirad", "inicie sesión", "iniciar sesión", "inicia sesión", "no ha iniciado sesión", "token … expirado",
    "token … caducado", "não autenticado", "nao autenticado", "sessão … expir", "sessao … expir", "sessão … inválid",
    "faça login", "faça o login", "efetue login", "efetue o login", "token … inválido",
    # Italian, Dutch, Swedish, Danish, Norwegian, Finnish
    "non autenticato", "sessione … scaduta", "sessione non valida", "effettua … login", "effettuare … accesso",
    "token … scaduto", "niet ingelogd", "niet aangemeld", "sessie … verlopen", "sessie … ongeldig", "log … opnieuw in",
    "meld … opnieuw aan", "inte inloggad", "logga in", "sessionen … gått ut", "ikke logget i", "log ind",
    "logg inn", "sessionen er udløbet", "økten … utløpt", "kirjaudu sisään", "istunto … vanhentunut",
    # Polish, Czech, Hungarian, Romanian, Turkish
    "niezalogowany", "nie jesteś zalogowany", "sesja wygasła", "sesja … wygasła", "zaloguj się", "nepřihlášen",
    "nejste přihlášen", "relace vypršela", "přihlaste se", "nincs bejelentkezve", "jelentkezzen be",
    "munkamenet … lejárt", "nu sunteți autentificat", "sesiunea a expirat", "oturum … doldu", "oturum … geçersiz",
    "oturum açın", "giriş yap",
    # Russian, Ukrainian, Greek
    "не авторизован", "не аутентифицирован", "сессия … истекла", "сеанс … истек", "войдите", "требуется авторизация",
    "не авторизований", "увійдіть", "η συνεδρία … έληξε", "συνδεθείτε",
    # Chinese, Japanese, Korean, Arabic, Hindi, Vietnamese, Indonesian
    "未登录", "未登錄", "未登入", "请登录", "请先登录", "请重新登录", "請先登入", "請重新登入", "登录…过期",
    "登录…失效", "登录…超时", "会话…过期", "会话…失效", "未授权", "未认证", "身份验证失败", "令牌…过期", "令牌…失效",
    "ログインしてください", "ログインが必要", "未ログイン", "ログインされていません", "セッション…切れ",
    "セッション…有効期限", "セッション…無効", "セッション…タイムアウト", "認証が必要", "認証されていません",
    "로그인이 필요", "로그인이 필요", "로그인 해", "로그인해", "세션…만료", "인증이 필요", "غير مسجل", "تسجيل الدخول",
    "انتهت الجلسة", "लॉग इन करें", "सत्र समाप्त", "chưa đăng nhập", "vui lòng đăng nhập", "phiên … hết hạn",
    "belum login", "silakan login", "sesi … berakhir", "sesi … kedaluwarsa",
)  # fmt: skip
"""How services say it in a text."""

CODES: Final = vocabulary(
    "UNAUTHENTICATED UNAUTHORIZED UNAUTHORISED NOTAUTHENTICATED NOTLOGGEDIN NOTLOGIN NOLOGIN NEEDLOGIN "
    "LOGINREQUIRED LOGINNEEDED AUTHREQUIRED AUTHENTICATIONREQUIRED AUTHENTICATIONNEEDED AUTHMISSING AUTHEXPIRED "
    "SESSIONEXPIRED SESSIONTIMEOUT SESSIONTIMEDOUT SESSIONINVALID SESSIONNOTFOUND SESSIONENDED SESSIONLOST "
    "SESSIONREQUIRED INVALIDSESSION INVALIDSESSIONID INVALIDSID EXPIREDSESSION NOSESSION NOSUCHSESSION "
    "UNKNOWNSESSION TOKENEXPIRED TOKENINVALID TOKENREVOKED TOKENMISSING TOKENREQUIRED TOKENNOTVALID "
    "TOKENNOTPROVIDED EXPIREDTOKEN INVALIDTOKEN MISSINGTOKEN NOTOKEN INVALIDACCESSTOKEN ACCESSTOKENEXPIRED "
    "ACCESSTOKENINVALID INVALIDAUTHTOKEN EXPIREDAUTHTOKEN INVALIDAUTHENTICATIONTOKEN EXPIREDAUTHENTICATIONTOKEN "
    "JWTEXPIRED JWTINVALID INVALIDJWT RELOGIN LOGINAGAIN LOGINEXPIRED INVALIDCREDENTIALS MISSINGCREDENTIALS "
    "NOCREDENTIALS 401"
)
"""How they say it in a code, without case and separators."""
_PREFIXES: Final = ("ERROR", "ERR", "EXC", "E", "AUTH", "API", "HTTP", "SECURITY", "SEC")
_SUFFIXES: Final = ("ERROR", "EXCEPTION", "ERR")
_CODE_NAMES: Final = vocabulary(
    "code error errorcode errcode errno status statuscode reason type errortype err errorid exception kind name "
    "title messagecode resultcode faultcode"
)
_LOGIN_PATH: Final = lazy(
    r"(?<![a-z])(log-?_?in|sign-?_?in|log-?_?on|sign-?_?on|sso|saml2?|oauth2?|openid|oidc|cas|idp|authorize|auth"
    r"|authenticate|accounts?/login|anmelden|connexion|session/new|sessions/new|reauth\w*)(?![a-z])",
    re.IGNORECASE,
)
_PASSWORD_FIELD: Final = lazy(r"<input\b[^>]{0,400}\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
_PLAIN_CODE: Final = lazy(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")

ENVELOPE: Final = vocabulary(
    "message messages msg detail details error errors errormessage errormsg errordescription description title "
    "reason code errorcode errcode errno status statuscode statustext success succeeded ok result type instance "
    "timestamp time date path method url requestid traceid correlationid help link info documentation data response "
    "exception severity fault faultcode faultstring retcode ret resultcode resultmsg subcode locale version"
)
"""Members, without case and separators, that say how a call went, not what was asked for."""

Like = Callable[[Json], bool]
"""Whether a body is like the answer that was declared."""


@frozen.value()
class Sign:
    """An answer that means "not logged in", as a rule of the hints. ``path`` and ``pattern``: a member of its body;
    ``sure``: it says so in words."""

    status: int
    path: str = ""
    pattern: str = ""
    sure: bool = True

    def line(self, auth: str, known: str = "401") -> str:
        """The line of the hints that says it; ``known``: what they say already."""
        rule = str(self.status)
        if self.path:
            rule = f'{{status: {self.status}, body: {{{_quoted(self.path)}: "{self.pattern}"}}}}'
        return f"auth: {{{auth}: {{kind: session, refused: [{known}, {rule}]}}}}"

    def __str__(self) -> str:
        said = f" with {self.pattern!r}" if self.pattern else ""
        return f"{self.status}{said}"


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[A-Za-z_][\w.]*", path) else f'"{path}"'


class Signs:
    """What was learnt of the signs of one session: which of them a renewal cures. ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cured: dict[Sign, None] = {}
        self._in_vain: dict[Sign, float] = {}

    def worth(self, sign: Sign) -> bool:
        """Whether a renewal may help: it did, or was not tried in vain of late."""
        tried = self._in_vain.get(sign)
        return tried is None or self._clock() - tried > _AGAIN

    def known(self, sign: Sign) -> bool:
        """Whether a renewal cured it before."""
        return sign in self._cured

    def cured(self, sign: Sign) -> bool:
        """Note that a renewal cured it; whether that is new."""
        self._in_vain.pop(sign, None)
        new = sign not in self._cured
        if len(self._cured) < _SIGNS:
            self._cured[sign] = None
        return new

    def in_vain(self, sign: Sign) -> None:
        """Note that a renewal did not help."""
        if len(self._in_vain) > _SIGNS:
            self._in_vain.clear()
        self._in_vain[sign] = self._clock()

    def learnt(self) -> list[Sign]:
        """Those that a renewal cured."""
        return list(self._cured)


def find_sign(response: Response, like: Like | None) -> Sign | None:
    """What in an answer says that the caller is not logged in; ``like`` None: JSON is not what was asked for."""
    if response.redirected and _to_login(response.url, response.asked):
        return Sign(response.redirected)
    if response.status not in (200, 401, 403, 419, 440, 498):
        return None
    if response.status == 200 and like is None:
        return None
    if _is_page(response):
        return _page_sign(response) if response.status != 403 else _page_sign(response) or Sign(403, sure=False)
    plain = Sign(response.status, sure=response.status != 403) if response.status != 200 else None
    if len(response.content) > SMALL:
        return plain
    try:
        body = response.json()
    except ToolError:
        words = phrase(response.text())
        return Sign(response.status, "$", glob(words)) if words else plain
    if response.status == 200 and like is not None and like(body):
        return None
    return _body_sign(response.status, body) or _with_code(plain, body)


def redirect_sign(status: int, target: str, asked: str) -> Sign | None:
    """The sign of a redirect that was not followed."""
    return Sign(status) if _to_login(target, asked) else None


def leads_to_login(target: str) -> bool:
    """Whether the path of a URL is that of a login."""
    return bool(_LOGIN_PATH.search(unquote(urlsplit(target).path)))


def _to_login(target: str, asked: str) -> bool:
    here, there = urlsplit(asked), urlsplit(target)
    return leads_to_login(target) and unquote(there.path).rstrip("/") != unquote(here.path).rstrip("/")


def _is_page(response: Response) -> bool:
    return "html" in response.media_type or response.content[:64].lstrip()[:1] == b"<"


def _page_sign(response: Response) -> Sign | None:
    if response.status == 200 and "xml" in response.media_type and "html" not in response.media_type:
        return None
    text = response.content[:_PAGE].decode("utf-8", "replace")
    if _PASSWORD_FIELD.search(text):
        return Sign(response.status, "$", "*type=?password*")
    words = phrase(re.sub(r"<[^>]*>", " ", text)) if len(response.content) <= SMALL else ""
    return Sign(response.status, "$", glob(words)) if words else None


def _body_sign(status: int, body: Json) -> Sign | None:
    for path, name, value in _scalars(body):
        if _folded(name) in _CODE_NAMES and _is_code(value):
            return Sign(status, path, str(value))
        if isinstance(value, str) and (words := phrase(value)):
            return Sign(status, path, glob(words))
    return None


def _with_code(plain: Sign | None, body: Json) -> Sign | None:
    """A status that may mean it, distinguished by the error code that came with it."""
    if plain is None:
        return None
    for path, name, value in _scalars(body):
        own = _folded(name) in _CODE_NAMES - {"status", "statuscode", "type", "title", "name"}
        if own and isinstance(value, str) and _PLAIN_CODE.fullmatch(value) and value.upper() == value:
            return Sign(plain.status, path, value, plain.sure)
    return plain


def _is_code(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return False
    text = str(value)
    if not _PLAIN_CODE.fullmatch(text):
        return False
    folded = re.sub(r"[^A-Z0-9]", "", text.upper())
    forms = {folded, *(folded.removesuffix(one) for one in _SUFFIXES)}
    forms |= {form.removeprefix(one) for form in tuple(forms) for one in _PREFIXES}
    return bool(forms & CODES)


def _scalars(body: Json, path: str = "", depth: int = 0) -> Iterator[tuple[str, str, Json]]:
    """Path, name and value of the short scalars of a body; of lists the first member, which no path of a rule names."""
    if depth > 4:
        return
    if isinstance(body, Mapping):
        for key, value in list(body.items())[:40]:
            here = f"{path}.{key}" if path else str(key)
            if isinstance(value, (str, int)) and len(str(value)) <= 400:
                yield here, str(key), value
            else:
                yield from _scalars(value, here, depth + 1)
    elif isinstance(body, list):
        for at, value in enumerate(body[:3]):
            here = f"{path}[{at}]"
            if isinstance(value, str) and len(value) <= 400:
                yield here, "", value
            else:
                yield from _scalars(value, here, depth + 1)
    elif isinstance(body, str) and not depth and len(body) <= 400:
        yield "$", "", body


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=1)
def _phrases() -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(one) for one in PHRASES)


def _compiled(row: str) -> re.Pattern[str]:
    parts = [r"[\s_-]+".join(map(re.escape, part.split())) for part in row.split("…")]
    # Words of scripts without spaces may be anywhere.
    edge = r"(?<!\w)" if row[0].isascii() else ""
    return re.compile(edge + _GAP.join(parts), re.IGNORECASE)


def phrase(text: str) -> str:
    """The row of :data:`PHRASES` that ``text`` says; "" for none."""
    text = " ".join(text[:SMALL].replace("’", "'").split())
    return next((row for row, found in zip(PHRASES, _phrases(), strict=True) if found.search(text)), "")


def glob(row: str) -> str:
    """The pattern of the hints that a row is."""
    return f"*{'*'.join(part.strip() for part in row.split('…'))}*".replace(" ", "?")


def wraps(name: str) -> bool:
    """Whether a member of this name says how a call went."""
    return _folded(name) in ENVELOPE


def is_bare(body: Json) -> bool:
    """Whether a body says no more than how a call went."""
    if isinstance(body, Mapping):
        said = {str(key): value for key, value in body.items() if value not in (None, "", [], {})}
        return all(
            wraps(key) and (not isinstance(value, (Mapping, list)) or is_bare(value)) for key, value in said.items()
        )
    if isinstance(body, list):
        return all(isinstance(one, Mapping) and is_bare(one) for one in body)
    return True
