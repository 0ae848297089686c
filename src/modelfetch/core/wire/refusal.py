"""What an HTTP status means for the caller: from answers to typed errors.

Rule: the Hub's ``X-Error-Code`` decides where there is one, the status where there is none. A planned
file that is gone is a drifted plan; a repo that is unknown may also be private, and the message says so.
Source of the codes: ``hf_raise_for_status`` of huggingface_hub.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import (
    AccessError,
    AuthenticationError,
    GatedModelError,
    ModelFetchError,
    ModelNotFoundError,
    NetworkError,
    PlanDriftError,
)
from ..text import seconds_text
from .retry import LONGEST_WAIT, TRANSIENT
from .url import public_endpoint

if TYPE_CHECKING:
    from .ends import Answered

_INVALID_CREDENTIALS = "invalid credentials in authorization header"
_DISABLED = "access to this resource is disabled"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404

_LONGEST_QUOTE = 300
_ECHOED = re.compile(
    r"\?\S+|//[^\s/]*@|\b(?:bearer|basic)\s+\S+|\bhf_\w+|\bx-amz-\S+|\bsignature\s*[=:]\s*\S+", re.IGNORECASE
)
"""A URL's query or password, a credential, a signature."""

_STORAGE_MESSAGE = re.compile(r"<Error>.{0,500}?<Message>([^<>]{1,300})</Message>", re.DOTALL)
"""Why a storage refused; source: the S3 API's error responses, which CloudFront and GCS follow."""

NOTHING, KEPT = "Nothing was fetched", "What was already fetched is kept"
"""What was done about it: while planning there is nothing to keep."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for: ``path`` is a planned file's, None while planning.

    ``endpoint`` loses a name and password at once, because every message names it. ``storage``: the origin that was asked
    instead, because the Hub said that the bytes are there. ``by_branch``: it was asked where a branch stands now.
    """

    repo_id: str
    revision: str
    endpoint: str
    path: str | None = None
    with_token: bool = False
    storage: str | None = None
    by_branch: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "endpoint", public_endpoint(self.endpoint))

    @property
    def instead(self) -> str:
        """What a caller can do while the Hub cannot be asked, as the end of a message's sentence."""
        return " (update=False takes a complete copy that is already in the cache)" if self.by_branch else ""

    @property
    def source(self) -> str:
        """Who was asked, as a message names it."""
        return self.storage or self.endpoint

    @property
    def subject(self) -> str:
        """The thing as a message names it."""
        return f"{self.repo_id}/{self.path}" if self.path else f"{self.repo_id} at {self.revision!r}"


def quoted(text: str) -> str:
    """What a server said, as a message may repeat it: short, and without what it may echo of our request.

    Of markup only a storage's own ``<Message>`` is repeated: the rest of such XML shows how a URL was signed, and a
    page is for browsers.
    """
    if "<" in text:
        text = found[1] if (found := _STORAGE_MESSAGE.search(text)) else ""
    return _ECHOED.sub("...", text)[:_LONGEST_QUOTE].strip()


def is_transient(answer: Answered) -> bool:
    """Whether asking again may help."""
    return answer.status in TRANSIENT


def refusal(answer: Answered, asked: Question) -> ModelFetchError:  # noqa: PLR0911 - a list of cases, most telling first
    """The error that ``answer`` means, once it will not be asked again."""
    said = answer.message.lower()
    if _DISABLED in said:
        return disabled(asked)
    if answer.code == "GatedRepo":
        return _gated(asked)
    if asked.storage and answer.status == _UNAUTHORIZED:  # no token is ever shown there
        return _forbidden(answer, asked)
    if _INVALID_CREDENTIALS in said or (answer.status == _UNAUTHORIZED and not answer.code):
        return _bad_token(asked)
    if asked.path is not None and (answer.status == _NOT_FOUND or answer.code == "RepoNotFound"):
        return _drifted(answer, asked)
    if answer.code == "RevisionNotFound":
        return _no_revision(asked)
    if answer.code == "RepoNotFound" or answer.status == _NOT_FOUND:
        return _no_repo(asked)
    if answer.status == _FORBIDDEN:
        return _forbidden(answer, asked)
    return _unusable(answer, asked)


def not_the_hub(what_came: str, expected: str, done: str = NOTHING) -> NetworkError:
    """The error when what came is no Hub's: ``what_came`` is a sentence without its end, ``expected`` begins another."""
    return NetworkError(
        f"{what_came}. {expected} was expected. {done}; check the endpoint, or whether a login page of the "
        "network is in between."
    )


def disabled(asked: Question) -> AccessError:
    """The error when the Hub has closed the repo."""
    return AccessError(
        f"Access to {asked.repo_id} is disabled on {asked.endpoint}. A repo that may be read was expected. Nothing more "
        "was fetched; see the model's page for the reason, or choose another model.",
        repo_id=asked.repo_id,
    )


def _gated(asked: Question) -> GatedModelError:
    step = "accept it there with the account of this token" if asked.with_token else "accept it there, then log in"
    return GatedModelError(
        f"{asked.repo_id} is gated: its licence has to be accepted first. An account on its list was expected. "
        f"{_kept(asked)}; open {asked.endpoint}/{asked.repo_id}, {step} (`hf auth login`, HF_TOKEN or token=...).",
        repo_id=asked.repo_id,
    )


def _bad_token(asked: Question) -> AuthenticationError:
    if asked.with_token:
        found = "The token that was sent is wrong or expired"
        step = "log in again (`hf auth login`), set HF_TOKEN, or pass token=False for public models."
    else:
        found = "A token is needed and none was sent"
        step = "log in (`hf auth login`), set HF_TOKEN, or pass token=..."
    return AuthenticationError(
        f"{found}: {asked.endpoint} refused {asked.subject}. A valid token was expected. {_kept(asked)}; {step}",
        repo_id=asked.repo_id,
    )


def _drifted(answer: Answered, asked: Question) -> PlanDriftError:
    gone = "the repo was deleted, or made private" if answer.code == "RepoNotFound" else answer.code
    reason = f" ({gone})" if gone else ""
    where = f" by {asked.storage}, where the Hub says that it is" if asked.storage else ""
    return PlanDriftError(
        f"{asked.subject} is no longer offered at commit {asked.revision}{where}{reason}. The planned bytes were expected. What "
        "was already fetched is kept; plan again.",
        repo_id=asked.repo_id,
        path=asked.path,
    )


def _no_revision(asked: Question) -> ModelNotFoundError:
    return ModelNotFoundError(
        f"{asked.repo_id} has no revision {asked.revision!r}. A branch, tag or commit id was expected. {_kept(asked)}; "
        f"look it up at {asked.endpoint}/{asked.repo_id}/tree/main.",
        repo_id=asked.repo_id,
        revision=asked.revision,
    )


def _no_repo(asked: Question) -> ModelNotFoundError:
    if asked.with_token:
        how, private, step = (
            "with the token that was sent",
            "this account may not see it",
            "use another account's token",
        )
    else:
        how, private, step = "without a token", "a token that may read it is needed", "log in (`hf auth login`)"
    return ModelNotFoundError(
        f"{asked.repo_id} was not found on {asked.endpoint} {how}: it does not exist, or it is private and {private}. An "
        f"existing, readable repo was expected. Nothing was fetched; check the spelling, or {step}.",
        repo_id=asked.repo_id,
        revision=asked.revision,
    )


def _kept(asked: Question) -> str:
    return KEPT if asked.path else NOTHING


def _forbidden(answer: Answered, asked: Question) -> AccessError:
    said = f" It said: {quote.rstrip('.')}." if (quote := quoted(answer.message)) else ""
    kind = "file" if asked.path else "repo"
    return AccessError(
        f"Access to {asked.subject} was forbidden by {asked.source} (HTTP {answer.status}).{said} A readable {kind} was expected. "
        f"{_kept(asked)}; check the account's rights to this model.",
        repo_id=asked.repo_id,
    )


def _unusable(answer: Answered, asked: Question) -> NetworkError:
    said = f": {quote}" if (quote := quoted(answer.message)) else ""
    if answer.wait is not None and answer.wait > LONGEST_WAIT:
        step = f"the server asks to wait {seconds_text(answer.wait)}: try again after that"
    else:
        step = "try again later" if is_transient(answer) else "check the endpoint"
    return NetworkError(
        f"{asked.source} answered HTTP {answer.status} for {asked.subject}{said}. An answer with content was expected. "
        f"{_kept(asked)}; {step}{asked.instead}.",
        retry_after=answer.wait,
    )
