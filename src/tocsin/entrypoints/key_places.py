"""Where the signing keys are, as the settings say. Nothing is read before a key is used."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import Unreachable
from tocsin.identity.signing_keys import KeyFile, KeyPlace, KeySecret, NoKeys, unreachable
from tocsin.ids import NewSecret

if TYPE_CHECKING:
    from tocsin.config import Settings

    from .aws import Aws


def key_place(
    settings: "Settings", reach: "Callable[[], Aws]", environ: Mapping[str, str], *, new_secret: NewSecret
) -> KeyPlace:
    """Return where the signing keys are: in the secret that is set, or else in a file; on Lambda there is no such file."""
    if settings.signing_keys_secret:
        return KeySecret(*_in_secret(settings.signing_keys_secret, reach))
    if environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        return NoKeys()
    return key_file(settings, new_secret=new_secret)


def key_file(settings: "Settings", *, new_secret: NewSecret) -> KeyFile:
    """Return the file that the settings name, or the one beside the incidents."""
    beside = settings.incidents_file
    return KeyFile(settings.signing_keys_file or _named_after(beside), new_secret=new_secret)


def _named_after(path: Path) -> Path:
    return path.with_name(f"{path.name}.keys")


def _in_secret(name: str, reach: "Callable[[], Aws]") -> tuple[Callable[[], Mapping[str, object]], str]:
    from .aws_secrets import READ_SECRET, asked, secret_object

    aws = reach()
    where = f"the secret {name} (SIGNING_KEYS_SECRET) in {aws.region}"
    makes = f"aws secretsmanager create-secret --region {aws.region} --name {name} --secret-string file://keys.json"
    takes = '{"current": "...", "previous": ""}'

    def fetch() -> Mapping[str, object]:
        client = aws.client("Secrets Manager")
        return secret_object(client, name, where, takes=takes)

    def read() -> Mapping[str, object]:
        try:
            return asked(fetch, where, action=READ_SECRET, makes=makes)
        except Unreachable as error:
            raise unreachable(error) from None

    return read, where
