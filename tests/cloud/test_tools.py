"""The scripts that build, weigh, pack and try what ships."""

import http.server
import re
import stat
import subprocess
import sys
import threading
import zipfile
from typing import ClassVar

import pytest

import pack
import ship
import smoke
import weigh
from tests.cloud.cloudformation import ROOT


@pytest.fixture
def built(tmp_path):
    """Return a folder as if pip had filled it: with what runs, and with what never does."""
    for name in (
        "lambda_function.py",
        "botocore/data/endpoints.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "datadog_api_client/v1/api/monitors_api.py",
        "datadog_api_client/v2/api/incidents_api.py",
        "tocsin/entrypoints/lambda_sync.py",
        "tocsin/entrypoints/commands/sync.py",
        "tocsin/demo/world.py",
        "certifi/tests/test_it.py",
        "pydantic/main.pyi",
        "pydantic-2.dist-info/RECORD",
        "pydantic-2.dist-info/METADATA",
        "pydantic-2.dist-info/licenses/LICENSE",
        "bin/jp.py",
        "waitress/server.py",
    ):
        path = tmp_path / "built" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "built"


def test_only_what_runs_is_left(built):
    """And what a licence wants to come along."""
    ship.trim(built)
    assert {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()} == {
        "lambda_function.py",
        "botocore/data/endpoints.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "datadog_api_client/v1/api/monitors_api.py",
        "tocsin/entrypoints/lambda_sync.py",
        "pydantic-2.dist-info/METADATA",
        "pydantic-2.dist-info/licenses/LICENSE",
    }


def test_bytecode_is_taken_whatever_the_time_stamps_say(built):
    """It is never checked against its source, which an unpacked archive dates anew."""
    ship.compile_all(built, sys.executable)
    (compiled,) = (built / "__pycache__").glob("lambda_function.*.pyc")
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01  # by hash, and not checked


def test_the_same_content_makes_the_same_archive(built, tmp_path):
    """So that Lambda sees whether anything changed."""
    pack.main(built, tmp_path / "one.zip")
    for path in built.rglob("*"):
        path.touch()
    (built / "bin" / "jp.py").chmod(0o600)
    pack.main(built, tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_lambda_can_read_every_file_of_the_archive(built, tmp_path):
    """It runs as another user."""
    pack.main(built, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        modes = {stat.filemode(entry.external_attr >> 16)[1:] for entry in archive.infolist()}
    assert modes == {"rw-r--r--"}


def test_what_ships_may_not_grow_over_its_bar(built, capsys):
    """Files without content, sparse, are enough to see it."""
    assert weigh.main([str(built)]) == 0
    with (built / "large.bin").open("wb") as file:
        file.truncate((weigh.BAR_MB + 1) * 1_000_000)
    assert weigh.main([str(built)]) == 1
    assert "MISSED" in capsys.readouterr().err


@pytest.fixture
def importable(tmp_path):
    """Return a folder with handlers that import quickly what the real ones import, and with stubs of their libraries."""
    for name, text in {
        "tocsin/storage/dynamodb_store.py": "",
        "tocsin/sources/datadog.py": "",
        "tocsin/api/incidents.py": "",
        "tocsin/services/paging/rounds.py": "",
        "boto3.py": "def client(service, region_name): ...\n",
        "pydantic.py": "class BaseModel: ...\n",
        "aws_lambda_powertools/__init__.py": "Logger = Metrics = None\n",
        "aws_lambda_powertools/event_handler.py": "def APIGatewayHttpResolver(enable_validation): ...\n",
        "datadog_api_client/v1/api/monitors_api.py": "MonitorsApi = None\n",
        "lambda_function.py": "import tocsin.storage.dynamodb_store, tocsin.sources.datadog, tocsin.api.incidents\n"
        "import tocsin.services.paging.rounds\n"
        "lambda_handler = api_handler = pager_handler = print\n",
    }.items():
        path = tmp_path / "task" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "task"


def pairs_of(*seconds, **ours):
    """Return what was measured, as if the handler and the libraries had taken so many ``seconds``, pair by pair."""
    return [weigh.Pair(weigh.Run(mine, 348, **ours), weigh.Run(theirs, 280)) for mine, theirs in seconds]


def test_an_import_from_bytecode_alone_is_timed(importable):
    """In processes that see nothing else, and each of the two in its own."""
    ship.compile_all(importable, sys.executable)
    before = sorted(importable.rglob("*"))
    ((ours, theirs),) = weigh.in_pairs(weigh.SYNC, importable, sys.executable, 1)
    assert ours == weigh.Run(ours.seconds, 5, [], [], [])
    assert (theirs.modules, theirs.foreign, theirs.compiled) == (4, [], [])
    assert ours.seconds > 0
    assert theirs.seconds > 0
    assert sorted(importable.rglob("*")) == before


def test_an_import_within_its_bar_is_good(capsys):
    """The bar itself is not over it. One run that was held up, on either side, is not what counts."""
    assert weigh.judge(weigh.SYNC, pairs_of((1.15, 1.0), (9.0, 1.0), (1.0, 9.0)))
    told = capsys.readouterr()
    assert "1.150 (0.111 to 9.000) of 1.15" in told.out
    assert not told.err


def test_an_import_over_its_bar_is_refused(capsys):
    """Beside the libraries alone, pair by pair: neither the machine nor its mood counts."""
    assert not weigh.judge(weigh.SYNC, pairs_of((0.3, 0.25), (1.0, 1.0), (0.6, 0.5), (1.2, 1.0)))
    assert "takes 1.200 times what its libraries take alone, and in 3 of 4 pairs more" in capsys.readouterr().err


def test_an_import_that_may_be_over_its_bar_by_chance_is_good():
    """On a machine that serves others half of the pairs are worth little."""
    assert weigh.judge(weigh.SYNC, pairs_of((1.2, 1.0), (1.0, 1.0), (1.2, 1.0), (1.2, 1.0), (0.9, 1.0)))


@pytest.mark.parametrize("promise", ["foreign", "compiled", "missing"])
def test_a_quick_import_that_breaks_another_promise_is_refused(promise, capsys):
    """A single run is enough."""
    pairs = pairs_of((1.0, 1.0), (1.0, 1.0)) + pairs_of((1.0, 1.0), **{promise: ["it.py"]})
    assert not weigh.judge(weigh.SYNC, pairs)
    assert "MISSED: " in (said := capsys.readouterr().err)
    assert said.endswith(": it.py\n")


def test_an_import_that_has_to_compile_is_refused(importable, monkeypatch, capsys):
    """On Lambda every cold start would do it again."""
    monkeypatch.setattr(weigh, "PAIRS", 1)
    assert weigh.main([str(importable), "--python", sys.executable]) == 1
    # Whoever may write all the same writes the bytecode; that is no better.
    assert re.search("(compiled|written) at import", capsys.readouterr().err)


def test_a_first_run_that_would_import_the_store_is_refused(importable, monkeypatch, capsys):
    """What the process does not import while it starts, the first run pays for."""
    (importable / "lambda_function.py").write_text("lambda_handler = api_handler = pager_handler = print\n")
    ship.compile_all(importable, sys.executable)
    monkeypatch.setattr(weigh, "PAIRS", 1)
    assert weigh.main([str(importable), "--python", sys.executable]) == 1
    assert "dynamodb_store" in capsys.readouterr().err


def test_without_a_python_to_compile_with_it_says_what_is_needed(tmp_path, monkeypatch, capsys):
    """In one line, and touches nothing."""
    monkeypatch.setattr(ship, "VERSION", "3.99")
    assert ship.main([str(tmp_path / "out")]) == 1
    assert "put python3.99 on the PATH" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "answer, report, status",
    [
        ({"ExecutedVersion": "7"}, {"complete": True}, 0),
        ({"ExecutedVersion": "7"}, {"complete": False, "why_incomplete": "page 2"}, 1),
        ({"ExecutedVersion": "7", "FunctionError": "Unhandled"}, {"errorMessage": "refused the keys"}, 1),
    ],
)
def test_a_deployment_counts_only_if_the_function_did_its_work(answer, report, status, capsys):
    """A sweep that failed or missed a part turns the workflow red."""
    assert smoke.judge(answer, report) == status
    assert str(report.get("errorMessage", "")) in capsys.readouterr().err


@pytest.mark.parametrize(
    "answer, report, status",
    [
        ({"ExecutedVersion": "7"}, {"batchItemFailures": []}, 0),
        ({"ExecutedVersion": "7"}, {"complete": True}, 1),
        ({"ExecutedVersion": "7", "FunctionError": "Unhandled"}, {"errorMessage": "no module named tocsin"}, 1),
    ],
)
def test_a_deployment_counts_only_if_a_round_of_the_pager_succeeded(answer, report, status, capsys):
    """What cannot be imported, or finds no table, pages nobody."""
    assert smoke.judge_round(answer, report) == status
    assert str(report.get("errorMessage", "")) in capsys.readouterr().err


class Readiness(http.server.BaseHTTPRequestHandler):
    """An API that is ready after as many tries as ``statuses`` has failures."""

    statuses: ClassVar[list[int]] = []

    def do_GET(self):
        """Answer the next status."""
        assert self.path == "/health/ready"
        self.send_response(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize("statuses, status", [([200], 0), ([503, 404, 200], 0), ([503], 1)])
def test_a_deployment_counts_only_if_the_api_is_ready(statuses, status, capsys):
    """It is asked some times: a new address takes a while to be known."""
    Readiness.statuses = statuses
    with http.server.HTTPServer(("127.0.0.1", 0), Readiness) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        assert smoke.ask_api(f"http://127.0.0.1:{server.server_port}", pause=0) == status
        server.shutdown()
        thread.join()
    assert ("not ready: 503" in capsys.readouterr().err) is bool(status)


@pytest.mark.parametrize("pager", ["ENABLED", "DISABLED"])
def test_the_smoke_test_runs_what_the_schedules_run_and_reads_their_reports(tmp_path, pager):
    """By the AWS CLI: each function, its live version, and the file that the answer goes to; then the API.

    A pager that was told to page nobody is left alone.
    """
    Readiness.statuses = [200]
    with http.server.HTTPServer(("127.0.0.1", 0), Readiness) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        fake = tmp_path / "aws"
        fake.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\n"
            f'with pathlib.Path({str(tmp_path / "asked")!r}).open("a") as asked:\n'
            '    print(" ".join(sys.argv[1:]), file=asked)\n'
            'if sys.argv[1] == "cloudformation":\n'
            f'    print("{pager}" if "PagerState" in sys.argv[6] else "http://127.0.0.1:{server.server_port}")\n'
            "    sys.exit()\n"
            'said = \'{"complete": true, "opened": ["INC-1001"]}\'\n'
            'said = said if sys.argv[4].endswith("-sync") else \'{"batchItemFailures": []}\'\n'
            "pathlib.Path(sys.argv[-1]).write_text(said)\n"
            'print(\'{"ExecutedVersion": "7"}\')\n'
        )
        fake.chmod(0o755)
        command = [sys.executable, str(ROOT / "tools" / "smoke.py"), "tocsin-staging"]
        done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
        server.shutdown()
        thread.join()
    assert (done.returncode, done.stderr) == (0, "")
    assert "INC-1001" in done.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    runs = [line.split()[3] for line in asked if line.startswith("lambda invoke --function-name ")]
    assert runs == ["tocsin-staging-sync", *(["tocsin-staging-pager"] if pager == "ENABLED" else [])]
    assert done.stdout.count("version 7 works\n") == len(runs)
    assert all(" --qualifier live --payload {} " in line for line in asked if "invoke" in line)
    assert asked[-1].startswith("cloudformation describe-stacks --stack-name tocsin-staging")


@pytest.mark.parametrize("function", ["SyncFunction", "ApiFunction"])
def test_the_build_of_sam_is_the_one_recipe_of_make(function):
    """What SAM calls for each function is there, and is ship.py."""
    done = subprocess.run(
        ["make", "--dry-run", f"build-{function}", "ARTIFACTS_DIR=/nowhere"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'tools/ship.py "/nowhere"' in done.stdout


def test_the_benchmarks_are_told_where_the_stand_in_is():
    """Or the rows of the cloud would be left out although it is installed."""
    done = subprocess.run(["make", "--dry-run", "bench"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(r"MINISTACK=\S+/ministack .*python -m benchmarks", done.stdout)


@pytest.mark.parametrize("path", sorted((ROOT / "tools").glob("*.in"), key=str), ids=lambda path: path.stem)
def test_every_tool_is_pinned_and_names_no_host(path):
    """What is asked for is among the pins, each with one version."""
    pins = path.with_suffix(".txt").read_text().splitlines()
    asked = {line.partition("[")[0].strip().lower() for line in path.read_text().splitlines() if line.strip()}
    assert asked <= {line.partition("==")[0].lower() for line in pins}
    assert not [line for line in pins if "==" not in line or "://" in line or line.startswith("-")]
