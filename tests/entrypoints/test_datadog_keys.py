"""Where the keys come from: settings, Secrets Manager, SSM; and what happens when somebody rotates them."""

import json
from types import MappingProxyType

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from tests.builders import NOON
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.function import Function
from tests.tables import REGION
from tocsin.clock import utc_now
from tocsin.config import Settings
from tocsin.demo import DatadogServer, demo_world
from tocsin.entrypoints.aws import Aws
from tocsin.entrypoints.datadog_keys import REMEMBERED, FetchedKeys, FixedKeys, Keys, key_source, keys_in
from tocsin.errors import ConfigurationError, KeysRefused, Unreachable

pytestmark = pytest.mark.usefixtures("quiet_logs")

OLD = Keys(API_KEY, APP_KEY)
NEW = Keys("9" * 32, "8" * 40)
SECRET, PATH = "tocsin/datadog", "/tocsin/datadog"


class Secret:
    """The keys as a secret, in moto."""

    settings = MappingProxyType({"DATADOG_SECRET_NAME": SECRET})

    def __init__(self):
        self._client = boto3.session.Session().client("secretsmanager", region_name=REGION)
        self._client.create_secret(Name=SECRET, SecretString="{}")

    def put(self, keys):
        """Rotate them."""
        said = json.dumps({"api_key": keys.api_key, "app_key": keys.app_key})
        self._client.put_secret_value(SecretId=SECRET, SecretString=said)

    def delete(self):
        """Take them away."""
        self._client.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


class Parameters:
    """The keys as encrypted parameters, in moto."""

    settings = MappingProxyType({"DATADOG_PARAMETER_PATH": PATH})

    def __init__(self):
        self._client = boto3.session.Session().client("ssm", region_name=REGION)

    def put(self, keys):
        """Rotate them."""
        for name, key in (("api_key", keys.api_key), ("app_key", keys.app_key)):
            self._client.put_parameter(Name=f"{PATH}/{name}", Value=key, Type="SecureString", Overwrite=True)

    def delete(self):
        """Take them away."""
        self._client.delete_parameters(Names=[f"{PATH}/api_key", f"{PATH}/app_key"])


@pytest.fixture(params=[Secret, Parameters])
def place(request, moto):
    """Return a place on AWS that holds the keys."""
    found = request.param()
    found.put(OLD)
    return found


@pytest.fixture
def kept(environ, place):
    """Return the environment of a function whose keys are in that place alone."""
    return {name: value for name, value in environ.items() if not name.endswith("KEY")} | dict(place.settings)


def source(**settings):
    """Return the key source of these settings."""
    return key_source(Settings.read(settings), Aws(REGION, {}), clock=utc_now)


def refused(code):
    """Return what AWS's client raises for an error code."""
    said = "as AWS says it: arn:aws:secretsmanager:us-east-1:123456789012:secret"
    return ClientError({"Error": {"Code": code, "Message": said}}, "GetSecretValue")


class TestRotation:
    def test_new_keys_are_used_without_a_deploy(self, kept, place):
        """Datadog refuses the old ones; they are read again, and the same run goes on."""
        function = Function(kept)
        with DatadogServer(demo_world(), api_key=OLD.api_key, app_key=OLD.app_key) as server:
            function.handler._environ = kept | {"DATADOG_API_URL": server.url}
            assert function().error is None
            server._keys = (NEW.api_key, NEW.app_key)
            place.put(NEW)
            server.forget_requests()
            ran = function.minutes(1)()
            assert (ran.error, [one.status for one in server.requests]) == (None, [403, 200, 200])
            assert NEW.api_key not in ran.text
            server.forget_requests()
            function.minutes(1)()
            assert [one.status for one in server.requests] == [200, 200]

    def test_keys_that_are_still_the_same_are_not_tried_again(self, kept, datadog):
        """A key that was revoked and not replaced is an error, once a minute."""
        function = Function(kept)
        assert function().error is None
        datadog._keys = (NEW.api_key, NEW.app_key)
        datadog.forget_requests()
        ran = function.minutes(1)()
        assert isinstance(ran.error, KeysRefused)
        assert len(datadog.requests) == 1

    def test_keys_are_read_once_and_remembered(self, kept, place):
        """A run a minute must not ask AWS each time; and a place that is gone blinds nobody while keys work."""
        function = Function(kept)
        assert function().error is None
        place.delete()
        assert function.minutes(1)().error is None

    def test_a_place_that_is_empty_is_an_error_until_it_is_filled(self, kept, place):
        """What was wrong is not remembered."""
        place.put(Keys(" ", " "))
        function = Function(kept)
        assert isinstance(function().error, ConfigurationError)
        place.put(OLD)
        assert function.minutes(1)().error is None

    def test_no_key_shows_in_what_a_program_may_print(self):
        """Whoever logs the object gives nothing away."""
        assert API_KEY not in repr(OLD)
        assert APP_KEY not in str(OLD)


class TestSpelling:
    @pytest.mark.parametrize(
        "api, app",
        [
            ("api_key", "app_key"),
            ("DATADOG_API_KEY", "DATADOG_APP_KEY"),
            ("DD_API_KEY", "DD_APP_KEY"),
            ("apiKey", "appKey"),
            ("api-key", "application-key"),
            ("dd-api-key", "dd-application-key"),
            ("datadog_api_key", "datadog_application_key"),
        ],
    )
    def test_the_names_that_people_use_are_understood(self, api, app):
        """Whatever else is in the secret."""
        found = {"username": "x", api: f" {API_KEY}\n", app: APP_KEY, "rotated": 7}
        assert keys_in(found, "the secret") == OLD

    def test_what_is_missing_is_named_and_what_is_there_is_not(self):
        """A secret may hold other secrets."""
        with pytest.raises(ConfigurationError, match=r"^the secret: there is no app_key$") as wrong:
            keys_in({"api_key": "k" * 32, "password": "hunter22"}, "the secret")
        assert "hunter22" not in wrong.value.hint
        with pytest.raises(ConfigurationError, match=r"there is no api_key and no app_key$"):
            keys_in({}, "the secret")

    @pytest.mark.parametrize("text", ["swordfish", '["swordfish"]', '"swordfish"', ""])
    def test_a_secret_that_is_no_object_is_not_repeated(self, text, moto):
        """One that holds only the API key, for instance."""
        client = boto3.session.Session().client("secretsmanager", region_name=REGION)
        client.create_secret(Name=SECRET, SecretString=text or " ")
        with pytest.raises(ConfigurationError, match=r"is no JSON object$") as wrong:
            source(DATADOG_SECRET_NAME=SECRET).keys()
        assert "swordfish" not in f"{wrong.value}{wrong.value.hint}"


class TestWhereTheyAre:
    def test_plain_keys_work_too(self):
        """For who deploys by hand, and on a laptop."""
        plain = source(DATADOG_API_KEY=API_KEY, DATADOG_APP_KEY=APP_KEY)
        assert isinstance(plain, FixedKeys)
        assert plain.keys() == plain.keys(anew=True) == OLD

    def test_a_secret_goes_before_parameters_and_those_before_plain_keys(self, moto):
        """What can be rotated is what counts."""
        Secret().put(NEW)
        Parameters().put(OLD)
        both = {"DATADOG_PARAMETER_PATH": PATH, "DATADOG_API_KEY": "x", "DATADOG_APP_KEY": "x"}
        assert source(**both, DATADOG_SECRET_NAME=SECRET).keys() == NEW
        assert source(**both).keys() == OLD

    @pytest.mark.parametrize(
        "settings, says",
        [
            (
                {"DATADOG_SECRET_NAME": "nowhere"},
                r"^the secret nowhere \(DATADOG_SECRET_NAME\) in us-east-1 does not exist$",
            ),
            ({"DATADOG_PARAMETER_PATH": "/nowhere"}, r"^the parameters under /nowhere .* no api_key and no app_key$"),
        ],
    )
    def test_a_place_that_does_not_exist_is_named(self, settings, says, moto):
        """With the variable that names it, and the region."""
        with pytest.raises(ConfigurationError, match=says):
            source(**settings).keys()


class TestWhatAwsAnswers:
    @staticmethod
    def fetched(error):
        """Return keys whose fetching fails like this."""

        def fetch():
            raise error

        return FetchedKeys(fetch, "the secret", action="secretsmanager:GetSecretValue", makes="aws ...", clock=utc_now)

    @pytest.mark.parametrize(
        "code, kind, says",
        [
            ("AccessDeniedException", ConfigurationError, "may not be read by these credentials"),
            ("ResourceNotFoundException", ConfigurationError, "does not exist"),
            ("InvalidRequestException", ConfigurationError, "cannot be used (InvalidRequestException)"),
            ("ExpiredTokenException", ConfigurationError, "does not accept these credentials (ExpiredTokenException)"),
            ("ThrottlingException", Unreachable, "cannot be read now (ThrottlingException)"),
            ("InternalServiceError", Unreachable, "cannot be read now (InternalServiceError)"),
        ],
    )
    def test_each_answer_is_one_line_and_what_to_do(self, code, kind, says):
        """In our words: AWS's hold account numbers."""
        with pytest.raises(kind) as wrong:
            self.fetched(refused(code)).keys()
        assert says in str(wrong.value)
        assert wrong.value.hint
        assert "123456789012" not in f"{wrong.value}{wrong.value.hint}"
        assert wrong.value.__cause__ is wrong.value.__context__ is None

    def test_a_missing_permission_is_named(self):
        """So that it can be added to the policy."""
        with pytest.raises(ConfigurationError) as wrong:
            self.fetched(refused("AccessDeniedException")).keys()
        assert "secretsmanager:GetSecretValue" in wrong.value.hint

    @pytest.mark.parametrize(
        "beneath, kind",
        [(NoCredentialsError(), ConfigurationError), (ConnectTimeoutError(endpoint_url="x"), Unreachable)],
    )
    def test_no_answer_is_told_apart_from_no_credentials(self, beneath, kind):
        """One passes, the other does not."""
        with pytest.raises(kind):
            self.fetched(beneath).keys()

    def test_keys_that_worked_are_kept_while_aws_does_not_answer(self):
        """A secrets service that is down must not stop the sweeps."""
        answers = iter([{"api_key": API_KEY, "app_key": APP_KEY}, refused("ThrottlingException")])

        def fetch():
            found = next(answers)
            if isinstance(found, Exception):
                raise found
            return found

        moments = iter([NOON, NOON + REMEMBERED])
        keys = FetchedKeys(fetch, "the secret", action="x", makes="aws ...", clock=lambda: next(moments))
        assert keys.keys() == keys.keys() == OLD
        assert next(answers, None) is None
