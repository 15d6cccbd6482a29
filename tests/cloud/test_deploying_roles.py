"""The roles that deploy: who may take them, and what a deployment can and cannot do with them."""

import fnmatch
import json

import pytest

from tests.cloud.cloudformation import Stack, statements

EVERYTHING = {
    "DatadogSecretName": "tocsin/datadog",
    "KeysKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234",
    "Tracing": "Active",
    "OidcSecretName": "tocsin/datadog-oidc",
    "SmtpSecretName": "tocsin/datadog-smtp",
    "MailFrom": "ops@example.com",
    "SesFrom": "ops@example.com",
    "SesIdentity": "example.com",
    "SmsProvider": "sns",
    "ChannelsSecretName": "tocsin/datadog-channels",
}


@pytest.fixture(scope="module")
def beside():
    """Return the stack of the deploying roles, for a stack called as PSEUDO calls it."""
    return Stack("infra/github-oidc.yaml", Repository="ann/tocsin", Environment="staging", StackName="tocsin")


def test_the_deploying_role_trusts_one_environment_of_one_repository(beside):
    """Word for word: no star, no other branch, no pull request."""
    (trust,) = beside.properties("GitHubRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:ann/tocsin:environment:staging",
        }
    }


def test_the_deploying_role_may_try_what_it_deployed(beside):
    """The two functions that schedules run, at the version that is live."""
    invoking = [one for one in statements(beside.properties("GitHubRole")) if "lambda:InvokeFunction" in one["Action"]]
    run = [resource.rpartition("function:")[2] for one in invoking for resource in one["Resource"]]
    assert run == ["tocsin-pager:live", "tocsin-sync:live"]


def test_a_deployment_cannot_change_the_roles_that_deploy(beside):
    """What the stack may touch begins with its name; their names do not."""
    changed = [
        resource
        for one in statements(beside.properties("CloudFormationRole"))
        for resource in one["Resource"]
        if one["Effect"] == "Allow" and any(action.startswith("iam:") for action in one["Action"])
    ]
    for role in ("GitHubRole", "CloudFormationRole"):
        arn = f"arn:aws:iam::123456789012:role/{beside.properties(role)['RoleName']}"
        assert not [pattern for pattern in changed if fnmatch.fnmatchcase(arn, pattern)]


def test_a_deployment_can_make_only_bounded_roles(beside):
    """And cannot take the bound off again."""
    for one in statements(beside.properties("CloudFormationRole")):
        if one["Effect"] == "Allow" and {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"} & set(
            one["Action"]
        ):
            assert one["Condition"]["StringEquals"]["iam:PermissionsBoundary"] == "deploy-tocsin-boundary"
        assert "iam:DeleteRolePermissionsBoundary" not in one["Action"]


def test_a_deployment_cannot_delete_the_incidents(beside):
    """It is denied, whatever else is allowed."""
    denied = [one for one in statements(beside.properties("CloudFormationRole")) if one["Effect"] == "Deny"]
    assert [(one["Action"], one["Resource"]) for one in denied] == [
        (["dynamodb:DeleteBackup", "dynamodb:DeleteTable"], ["*"])
    ]


def test_the_boundary_lets_the_stack_work(beside):
    """Whatever a role of the stack is granted is within it, or it would silently be refused."""
    boundary = [
        {**one, "Action": action, "Resource": resources if isinstance(resources, list) else [resources]}
        for one in beside.properties("Boundary")["PolicyDocument"]["Statement"]
        for action in [one["Action"] if isinstance(one["Action"], list) else [one["Action"]]]
        for resources in [one["Resource"]]
        if one["Effect"] == "Allow"
    ]
    place = {"DatadogSecretName": "tocsin/datadog"}, {"DatadogParameterPath": "/tocsin/datadog"}
    for keys in place:
        stack = Stack("template.yaml", **{**EVERYTHING, "DatadogSecretName": "", **keys})
        for name, role in stack.of_type("AWS::IAM::Role").items():
            for one in (one for one in statements(role) if one["Effect"] == "Allow"):
                for action in one["Action"]:
                    for resource in one["Resource"]:
                        assert within(boundary, action, resource), f"{name} may not {action} on {resource}"


def test_the_boundary_fits_into_a_policy(beside):
    """AWS takes 6,144 characters, blanks not counted."""
    said = json.dumps(beside.properties("Boundary")["PolicyDocument"], separators=(",", ":"))
    assert len(said) + 600 < 6144, "a long name of a stack must fit, too"


def test_a_deployment_lets_a_stream_call_no_function_but_the_pager(beside):
    """What calls has no name that could be told beforehand; what it calls has."""
    made = [
        one
        for one in statements(beside.properties("CloudFormationRole"))
        if "lambda:CreateEventSourceMapping" in one["Action"]
    ]
    (functions,) = [one["Condition"]["ArnLike"]["lambda:FunctionArn"] for one in made]
    assert {one.rpartition("function:")[2] for one in functions} == {"tocsin-pager", "tocsin-pager:*"}


def within(boundary, action, resource):
    return any(
        action in one["Action"]
        and any(resource == wide or fnmatch.fnmatchcase(resource, wide.replace("?", "[?]")) for wide in one["Resource"])
        for one in boundary
    )


def test_the_stacks_roles_take_the_boundary_when_it_is_given():
    """All of them."""
    arn = "arn:aws:iam::123456789012:policy/deploy-tocsin-boundary"
    stack = Stack("template.yaml", DatadogSecretName="x", PermissionsBoundaryArn=arn)
    assert {one["PermissionsBoundary"] for one in stack.of_type("AWS::IAM::Role").values()} == {arn}
    assert not [
        one for one in Stack("template.yaml").of_type("AWS::IAM::Role").values() if "PermissionsBoundary" in one
    ]


@pytest.mark.parametrize("kind", sorted(Stack("template.yaml", DatadogSecretName="x").resources))
def test_cloudformation_may_make_every_resource_of_the_stack(beside, kind):
    """Each thing that has a name of its own is covered by what the deploying role may touch."""
    stack = Stack("template.yaml", DatadogSecretName="x")
    arns = {
        "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:123456789012:table/{}",
        "AWS::Serverless::Function": "arn:aws:lambda:eu-central-1:123456789012:function:{}",
        "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:{}",
        "AWS::CodeDeploy::DeploymentConfig": "arn:aws:codedeploy:eu-central-1:123456789012:deploymentconfig:{}",
        "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:123456789012:{}",
        "AWS::SNS::Topic": "arn:aws:sns:eu-central-1:123456789012:{}",
        "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{}",
        "AWS::CloudWatch::Dashboard": "arn:aws:cloudwatch::123456789012:dashboard/{}",
        "AWS::IAM::Role": "arn:aws:iam::123456789012:role/tocsin-{}-1ABC",  # named by CloudFormation
        # Policies of the queues and the topic: they have no name, and are set on those.
        "AWS::SQS::QueuePolicy": "arn:aws:sqs:eu-central-1:123456789012:tocsin-undelivered",
        "AWS::SNS::TopicPolicy": "arn:aws:sns:eu-central-1:123456789012:tocsin-alarms",
        "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:{}-a1B2c3",
        # API Gateway gives it an id.
        "AWS::Serverless::HttpApi": "arn:aws:apigateway:eu-central-1::/apis/a1b2c3",
    }
    arn = arns[stack.resources[kind]["Type"]].format(stack.name_of(kind))
    allowed = [
        pattern
        for one in statements(beside.properties("CloudFormationRole"))
        if one["Effect"] == "Allow"
        for pattern in one["Resource"]
        if pattern != "*"
    ]
    assert [pattern for pattern in allowed if fnmatch.fnmatchcase(arn, pattern)]
