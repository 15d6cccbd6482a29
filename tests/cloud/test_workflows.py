"""The workflows keep their promises: pinned, with the least permissions, and no key stored anywhere."""

import re
import shutil
import subprocess

import pytest

from tests.cloud.cloudformation import ROOT, load

FILES = sorted(path.name for path in (ROOT / ".github" / "workflows").glob("*.yml"))
SHELLCHECK = ROOT / ".tools" / "workflows" / "bin" / "shellcheck"


def workflow(name):
    """Return a workflow; YAML takes its key "on" for True."""
    found = load(f".github/workflows/{name}")
    found["on"] = found.pop(True)
    return found


def text(name):
    return (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")


def jobs(name):
    return workflow(name)["jobs"]


def steps(name):
    return [(job, step) for job, one in jobs(name).items() for step in one.get("steps", [])]


@pytest.mark.parametrize("name", FILES)
def test_every_action_is_pinned_by_commit_and_says_its_version(name):
    """A tag can be moved; a commit cannot."""
    for line in re.findall(r"^\s*-? *uses: (.*)$", text(name), re.MULTILINE):
        assert line.startswith("./") or re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_version_of_each_action():
    """Whoever renews a pin renews it everywhere."""
    used = {line for name in FILES for line in re.findall(r"uses: ([\w.-]+/[\w.-]+@\w+)", text(name))}
    assert len(used) == len({one.partition("@")[0] for one in used})


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_permitted_that_a_job_does_not_ask_for(name):
    """None for the workflow; to read for each job; to prove who it is only for who deploys."""
    assert workflow(name)["permissions"] == {}
    for job, one in jobs(name).items():
        asked = dict(one["permissions"])
        assert asked.pop("contents") == "read", job
        deploys = name == "deploy-to.yml" or one.get("uses") == "./.github/workflows/deploy-to.yml"
        assert asked == ({"id-token": "write"} if deploys else {}), job


@pytest.mark.parametrize("name", FILES)
def test_no_secret_is_stored_or_handed_on(name):
    """Roles are lent for an hour; there is nothing to steal."""
    assert "secrets." not in text(name)
    assert "secrets: inherit" not in text(name)
    assert not re.search(r"aws-(access-key-id|secret-access-key)", text(name))


@pytest.mark.parametrize("name", FILES)
def test_every_job_ends_by_itself(name):
    """And leaves no credentials in the checkout."""
    for job, one in jobs(name).items():
        assert "uses" in one or one["timeout-minutes"] <= 60, job
    for job, step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, job


@pytest.mark.parametrize("name", FILES)
def test_no_script_has_an_expression_pasted_into_it(name):
    """What comes from outside reaches a shell as a variable of the environment, never as its text."""
    for job, step in steps(name):
        assert "${{" not in step.get("run", ""), job


@pytest.mark.parametrize("name", FILES)
def test_what_a_job_refers_to_is_there(name):
    """Jobs that it needs, their outputs, its steps and its inputs: a misspelt one would be empty, not an error."""
    whole = workflow(name)
    inputs = set((whole["on"].get("workflow_call") or {}).get("inputs", {})) if isinstance(whole["on"], dict) else set()
    for job, one in jobs(name).items():
        needs = one.get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        assert set(needs) <= set(jobs(name)), job
        said = str(one)
        for other, output in re.findall(r"needs\.([\w-]+)\.outputs\.([\w-]+)", said):
            assert other in needs, job
            assert output in jobs(name)[other]["outputs"], job
        assert set(re.findall(r"steps\.([\w-]+)\.", said)) <= {step.get("id") for step in one.get("steps", [])}, job
        assert set(re.findall(r"inputs\.([\w-]+)", said)) <= inputs, job
        if one.get("uses", "").startswith("./.github/"):
            called = workflow(one["uses"].rpartition("/")[2])["on"]["workflow_call"] or {}
            required = {key for key, value in called.get("inputs", {}).items() if value.get("required")}
            assert required <= set(one.get("with", {})) <= set(called.get("inputs", {})), job


def test_what_is_checked_on_github_is_what_is_checked_here():
    """The steps that ci.yml asks for are all that .ci/run knows."""
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    known = re.search(r"set -- (.*)$", ci, re.MULTILINE)[1].split()
    asked = [
        word
        for _, step in steps("ci.yml")
        for run in [step.get("run", "")]
        for word in run.split()[2:]
        if "bash .ci/run" in run
    ]
    assert sorted(asked) == sorted(known)


def test_main_is_checked_before_it_is_built_and_staging_comes_before_production():
    """In that order, each only if the one before it succeeded."""
    order = jobs("deploy.yml")
    assert order["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert order["build"]["needs"] == "ci"
    assert order["staging"]["needs"] == "build"
    assert set(order["production"]["needs"]) == {"build", "staging"}
    assert workflow("deploy.yml")["on"]["push"]["branches"] == ["main"]
    assert "refs/heads/main" in order["build"]["if"]


def test_nothing_is_deployed_before_somebody_switched_it_on():
    """A fork is green from its first push."""
    assert "vars.DEPLOY == 'true'" in jobs("deploy.yml")["build"]["if"]


def test_it_is_built_once_and_both_environments_get_the_same_bytes():
    """The one artifact, compared with the digest of the build."""
    builds = [
        job
        for name in FILES
        for job, step in steps(name)
        if "ci/run ship" in step.get("run", "") or "make build" in step.get("run", "")
    ]
    assert builds == ["build"]
    for environment in ("staging", "production"):
        job = jobs("deploy.yml")[environment]
        assert job["with"] == {"environment": environment, "digest": "${{ needs.build.outputs.digest }}"}
    (check,) = [step["run"] for _, step in steps("deploy-to.yml") if "sha256sum --check" in step.get("run", "")]
    assert check.index("sha256sum --check") < check.index("tar --extract")


def test_an_environment_gets_one_deployment_at_a_time():
    """And none is cut off in the middle."""
    (job,) = jobs("deploy-to.yml").values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}


def test_a_deployment_asks_nobody_and_is_no_error_when_nothing_changed():
    """And runs the function afterwards."""
    scripts = [step["run"] for _, step in steps("deploy-to.yml") if "run" in step]
    (deploy,) = [one for one in scripts if "sam deploy" in one]
    assert "--no-confirm-changeset" in deploy
    assert "--no-fail-on-empty-changeset" in deploy
    assert "--role-arn" in deploy
    assert "tools/smoke.py" in scripts[-1]


@pytest.mark.parametrize("name", FILES)
def test_the_shell_in_the_workflows_is_sound(name):
    """Shellcheck has nothing to say."""
    program = SHELLCHECK if SHELLCHECK.is_file() else shutil.which("shellcheck")
    if not program:
        pytest.skip("no shellcheck: 'make tools' installs it")
    for job, step in steps(name):
        if "run" in step:
            done = subprocess.run(
                [program, "--shell=bash", "-"], input=step["run"], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{job}: {done.stdout}"
