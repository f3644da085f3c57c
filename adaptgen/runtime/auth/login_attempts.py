"""How often a login is tried: what is refused for another reason than its credentials backs off, and no credential is
tried more than three times an hour without success: a service in trouble is left alone, and no account is locked.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.logged_out import SMALL, phrase
from adaptgen.runtime.http.response import Response

STEPS: Final = (30.0, 60.0, 300.0, 900.0)
"""Seconds between attempts that fail one after the other."""
MOST: Final = 3
"""Attempts that may fail in :data:`WINDOW`."""
WINDOW: Final = 3600.0


class LoginRefused(ToolError):
    """A login that the API did not accept. ``final``: its answer is about the credentials, so that trying them again
    does not help. ``error``: the code of a token endpoint (RFC 6749, 5.2), which is not for people. ``of_token``: the
    answer says that a token which was sent is not valid."""

    def __init__(
        self,
        text: str,
        *,
        status: int | None,
        retry_after: float | None = None,
        final: bool = False,
        error: str = "",
        of_token: bool = False,
    ) -> None:
        super().__init__(text, status=status, retry_after=retry_after)
        self.final = final
        self.error = error
        self.of_token = of_token


class Attempts:
    """The failed attempts of one server, by the fingerprint of the credentials. ``clock`` counts seconds since the
    epoch, for what is remembered may outlive a process."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._failed: dict[str, list[float]] = {}

    def now(self) -> float:
        """The time that attempts are counted in."""
        return self._clock() if self._clock is not None else time.time()

    def wait(self, credential: str) -> float:
        """Seconds until the credential may be tried again; 0 for now."""
        times, now = self._recent(credential), self.now()
        if not times:
            return 0.0
        pause = STEPS[min(len(times), len(STEPS)) - 1]
        ends = times[-1] + pause
        if len(times) >= MOST:
            ends = max(ends, times[-MOST] + WINDOW)
        # A clock that was set back must not lock anybody out.
        return 0.0 if times[-1] > now + WINDOW else max(0.0, ends - now)

    def failed(self, credential: str) -> float:
        """Note a failure; seconds until the next attempt."""
        self._failed[credential] = [*self._recent(credential), self.now()]
        return self.wait(credential)

    def succeeded(self, credential: str) -> None:
        """A credential that was accepted has no failures."""
        self._failed.pop(credential, None)

    def known(self) -> dict[str, list[float]]:
        """What is to be remembered."""
        return {one: times for one in list(self._failed) if (times := self._recent(one))}

    def remember(self, known: Mapping[str, list[float]]) -> None:
        """Take over what was remembered."""
        for credential, times in known.items():
            self._failed[credential] = sorted([*times, *self._failed.get(credential, ())])

    def _recent(self, credential: str) -> list[float]:
        now = self.now()
        return [one for one in self._failed.get(credential, ()) if now - one < WINDOW]


def describe_wait(seconds: float) -> str:
    """``in 40 s``, ``in 12 min``."""
    return f"in {max(1, round(seconds))} s" if seconds < 100 else f"in {round(seconds / 60)} min"


_WHO = (
    r"credentials?|pass-?\s?words?|passwd|passcode|pass ?phrase|user-?\s?(?:name|id)?s?|e-?mail(?: address)?|"
    r"accounts?|client (?:id|secret|credentials|assertion)|(?:api|access|secret|private)[ -]?keys?|"
    r"(?:(?:refresh|access|auth\w*|api|bearer)[ -]?)?tokens?|secret|grant|signature|pin"
)
_WRONG = (
    r"invalid|incorrect|in-?correct|wrong|bad|unknown|mismatch\w*|un-?recogni[sz]ed|not (?:valid|correct|found|known|"
    r"recogni[sz]ed|exist\w*|match\w*|accepted|verified|activated|active|enabled)|"
    r"do(?:es)?(?:n't| not) (?:match|exist)|expired|revoked|spent|already used|"
    r"blocked|locked|disabled|suspended|deactivated|inactive|rejected|no such|"
    r"could not be (?:found|verified|authenticated)"
)
_OTHER: Final = lazy(
    r"maintenance|temporar\w+ (?:un|dis|clos|susp|off)|service (?:is )?unavailable|downtime|too many requests|"
    r"rate.?limit|firewall|request (?:was )?blocked|captcha|overload|try again later|wartung|entretien|mantenimiento|"
    r"manutenção|manutenzione|维护|メンテナンス|점검",
    re.IGNORECASE,
)
"""What speaks against it: the service itself is in the way."""
_TOKEN_IS_WRONG: Final = lazy(
    rf"\b(?:{_WRONG})\b[^.;<>]{{0,20}}?\btokens?\b|\btokens?\b[^.;<>]{{0,40}}?\b(?:{_WRONG})\b", re.IGNORECASE
)
_SPEAKS: Final = (
    rf"\b(?:{_WRONG})\b[^.;<>]{{0,40}}?\b(?:{_WHO})\b",
    rf"\b(?:{_WHO})\b[^.;<>]{{0,40}}?\b(?:{_WRONG})\b",
    r"\b(?:log-?\s?in|sign-?\s?in|log-?on|authentication|authorization)(?: has| was| is| attempt)? "
    r"(?:failed|failure|incorrect|invalid|unsuccessful|rejected)\b",
    r"\b(?:failed|unable) to (?:authenticate|log in|login|sign in)\b|\bcould not (?:authenticate|log in|sign in)\b",
    r"\b(?:invalid|incorrect|bad|wrong) (?:log-?\s?in|sign-?\s?in|authentication|authorization)\b",
    r"\bunauthorized client\b|\binvalid (?:grant|client)\b",
    r"\b(?:check|verify|re-?enter) (?:your|the) (?:credentials|password|user ?name|login)",
    r"\btoo many (?:failed )?(?:login|sign-?in|password) attempts\b",
    # German, French, Spanish, Portuguese, Italian, Dutch
    r"(?:falsch|ungültig|unbekannt|gesperrt|stimm\w* nicht)[^.;<>]{0,40}(?:passwort|kennwort|benutzer|"
    r"zugangsdaten|anmelde)",
    r"(?:passwort|kennwort|benutzer\w*|zugangsdaten|anmeldedaten|konto)[^.;<>]{0,40}(?:falsch|ungültig|unbekannt|"
    r"gesperrt|stimm\w* nicht|nicht korrekt|fehlgeschlagen|deaktiviert)",
    r"(?:mot de passe|identifiants?|utilisateur|compte)[^.;<>]{0,40}(?:incorrect|invalide|erroné|inconnu|bloqué|"
    r"désactivé|n'existe)|(?:mauvais|incorrects?|invalides?)[^.;<>]{0,30}(?:mot de passe|identifiants?|utilisateur)",
    r"(?:contraseña|usuario|credencial\w*|cuenta|clave)[^.;<>]{0,40}(?:incorrect|inválid|invalid|errón|no existe|"
    r"bloquead|no es correct)|(?:incorrect|inválid|errón)\w*[^.;<>]{0,30}(?:contraseña|usuario|credencial|clave)",
    r"(?:senha|usuário|utilizador|credenciai\w*|conta)[^.;<>]{0,40}(?:incorret|inválid|errad|não encontrad|bloquead)|"
    r"(?:incorret|inválid|errad)\w*[^.;<>]{0,30}(?:senha|usuário|utilizador|credenciai)",
    r"(?:credenziali|password|utente|account)[^.;<>]{0,40}(?:errat|non valid|non corrett|inesistente|bloccat)",
    r"(?:wachtwoord|gebruiker\w*|inloggegevens)[^.;<>]{0,40}(?:onjuist|ongeldig|onbekend|geblokkeerd)|"
    r"(?:onjuist|ongeldig)\w*[^.;<>]{0,30}(?:wachtwoord|gebruiker|inloggegevens)",
    # Nordic, Polish, Czech, Turkish, Russian
    r"(?:fel|felaktigt?|forkert|feil|ugyldigt?)[^.;<>]{0,20}(?:lösenord|adgangskode|passord|brukernavn|användarnamn)",
    r"(?:hasło|login|użytkownik\w*)[^.;<>]{0,40}(?:nieprawidłow|niepoprawn|błędn|nie istnieje)|"
    r"(?:nieprawidłow|niepoprawn|błędn)\w*[^.;<>]{0,30}(?:hasło|login|dane)",
    r"(?:nesprávn|neplatn)\w*[^.;<>]{0,30}(?:heslo|jméno|údaje|přihlaš)",
    r"(?:şifre|parola|kullanıcı)[^.;<>]{0,40}(?:hatalı|yanlış|geçersiz|bulunamadı)|(?:hatalı|yanlış)[^.;<>]{0,30}(?:şifre|parola)",
    r"(?:пароль|логин|пользовател\w*|учетн\w*)[^.;<>]{0,40}(?:неверн|неправильн|не найден|заблокирован)|"
    r"(?:неверн|неправильн)\w*[^.;<>]{0,30}(?:пароль|логин|учетн|данные)",
    # Chinese, Japanese, Korean
    r"(?:密码|密碼|用户名|用戶名|账号|帳號|账户|用户)[^。;<>]{0,12}(?:错误|錯誤|不正确|不正確|不存在|无效|锁定|禁用|不匹配)",
    r"(?:パスワード|ユーザー?|アカウント|ログイン|認証情報)[^。;<>]{0,16}(?:正しくありません|違い|無効|誤り|間違|存在しません|ロック)",
    r"(?:비밀번호|아이디|사용자|계정)[^.;<>]{0,16}(?:일치하지|틀렸|잘못|올바르지|존재하지|잠겼)",
)  # fmt: skip


def speaks_of_credentials(response: Response) -> bool:
    """Whether a refusal of a login is about what was sent as credentials: by words of a short answer, or as a bare 401.

    A page that a gateway puts in front, maintenance, a limit and a fault of the service are not.
    """
    if response.status == 429 or response.status >= 500:
        return False
    page = _is_page(response)
    if len(response.content[: SMALL * 16]) > SMALL and not page:
        return response.status == 401
    text = _words(response)
    if _OTHER.search(text):
        return False
    if any(re.search(one, text, re.IGNORECASE) for one in _SPEAKS):
        return True
    return response.status == 401 and (not page or bool(phrase(text)))


def speaks_of_token(response: Response) -> bool:
    """Whether a refusal says that a token is not valid, whatever code of RFC 6749 comes with it
    (``unauthorized_client``: "refresh_token is invalid")."""
    if response.status == 429 or response.status >= 500 or _is_page(response) or len(response.content) > SMALL:
        return False
    return bool(_TOKEN_IS_WRONG.search(_words(response)))


def _is_page(response: Response) -> bool:
    return "html" in response.media_type or response.content[:64].lstrip()[:1] == b"<"


def _words(response: Response) -> str:
    """The text of a small answer, without what marks it up."""
    text = response.content[: SMALL * 16].decode("utf-8", "replace")
    if _is_page(response):
        text = re.sub(r"(?s)<(script|style|head)\b.*?</\1\s*>|<[^>]*>", " ", text)[: SMALL * 2]
    else:
        text = _plain(response) or text
    return " ".join(text.replace("’", "'").replace("_", " ").split())


def _plain(response: Response) -> str:
    """The texts of a JSON body, names of members next to them."""
    try:
        body = response.json()
    except ToolError:
        return ""
    parts: list[str] = []
    waiting_: list[object] = [body]
    while waiting_ and len(parts) < 200:
        one = waiting_.pop()
        if isinstance(one, dict):
            for key, value in one.items():
                if isinstance(value, str):
                    parts.append(f"{key} {value}" if key in _FIELDS else value)
                else:
                    if isinstance(value, list) and key in _FIELDS:
                        parts += [f"{key} {each}" for each in value if isinstance(each, str)]
                    waiting_.append(value)
        elif isinstance(one, list):
            parts += [each for each in one if isinstance(each, str)]
            waiting_ += [each for each in one if not isinstance(each, str)]
        elif isinstance(one, str):
            parts.append(one)
    return " ; ".join(parts)


_FIELDS: Final = frozenset({"password", "username", "user", "email", "login", "client_id", "client_secret", "token"})
