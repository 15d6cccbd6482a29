"""Templates as CloudFormation reads them: its short tags, and as much of its functions as ours use."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "tocsin",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}


class _Loader(yaml.SafeLoader):
    """Reads !Ref as {"Ref": ...}, and every other short tag as {"Fn::...": ...}."""


def _short(loader, suffix, node):
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)


def load(path):
    """Return a template of the project as plain data."""
    return yaml.load((ROOT / path).read_text(encoding="utf-8"), _Loader)


class Stack:
    """A template with values for its parameters; what has none has its default."""

    def __init__(self, path, **parameters):
        self.template = load(path)
        declared = self.template["Parameters"]
        assert set(parameters) <= set(declared)
        self.parameters = {name: one.get("Default") for name, one in declared.items()} | parameters
        self.resources = {
            name: one
            for name, one in self.template["Resources"].items()
            if "Condition" not in one or self.condition(one["Condition"])
        }

    def of_type(self, kind):
        """Return the properties of every resource of a type, resolved, by logical id."""
        return {name: self.properties(name) for name, one in self.resources.items() if one["Type"] == kind}

    def properties(self, name):
        """Return the properties of one resource, resolved; a function's with what all functions share."""
        resource = self.resources[name]
        own = resource["Properties"]
        if resource["Type"] == "AWS::Serverless::Function":
            own = _merged(self.template["Globals"]["Function"], own)
        return self.resolve(own)

    def condition(self, name):
        """Return whether a condition holds."""
        return self.resolve(self.template["Conditions"][name])

    def resolve(self, value):
        """Return ``value`` with every function carried out. What has no value is left out of its list or mapping."""
        match value:
            case {"Ref": name}:
                return self._named(name)
            case {"Condition": str(name)} if len(value) == 1:
                return self.condition(name)
            case dict() if len(value) == 1 and next(iter(value)).startswith("Fn::"):
                ((name, of),) = value.items()
                return self._function(name, of)
            case dict():
                found = {key: self.resolve(one) for key, one in value.items()}
                return {key: one for key, one in found.items() if one is not None}
            case list():
                return [one for one in map(self.resolve, value) if one is not None]
            case _:
                return value

    def _function(self, name, of):
        match name, of:
            case "Fn::GetAtt", [resource, attribute]:
                return self._attribute(resource, attribute)
            case "Fn::Sub", str(text):
                return self._substituted(text, {})
            case "Fn::Sub", [text, extra]:
                return self._substituted(text, self.resolve(extra))
            case "Fn::If", [condition, then, otherwise]:
                return self.resolve(then if self.condition(condition) else otherwise)
            case "Fn::Equals", [one, other]:
                return str(self.resolve(one)) == str(self.resolve(other))
            case "Fn::Not", [one]:
                return not self.resolve(one)
            case "Fn::And" | "Fn::Or", parts:
                return (all if name == "Fn::And" else any)(self.resolve(one) for one in parts)
        raise AssertionError(f"{name} is not known here")

    def _named(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        assert name in self.template["Resources"], f"nothing is called {name}"
        return self.name_of(name)

    def name_of(self, name):
        """Return what a resource is called, or its logical id where AWS makes a name up."""
        resource = self.template["Resources"][name]
        kind = resource["Type"].rpartition("::")[2]
        own = resource.get("Properties", {})
        given = next((own[key] for key in (f"{kind}Name", "RoleName", f"Log{kind}Name", "Name") if key in own), name)
        return self.resolve(given)

    def _attribute(self, name, attribute):
        assert name in self.template["Resources"], f"nothing is called {name}"
        if attribute != "Arn":
            return self.name_of(name)
        _, service, kind = self.template["Resources"][name]["Type"].split("::")
        region = "" if service == "IAM" else PSEUDO["AWS::Region"]
        parts = {
            "Table": "table/{}",
            "LogGroup": "log-group:{}:*",
            "Role": "role/{}",
            "Alarm": "alarm:{}",
            "Function": "function:{}",
        }
        resource = parts.get(kind, "{}").format(self.name_of(name))
        return f"arn:aws:{service.lower()}:{region}:{PSEUDO['AWS::AccountId']}:{resource}"

    def _substituted(self, text, extra):
        def one(found):
            name, _, attribute = found[1].partition(".")
            if name in extra:
                return extra[name]
            return str(self._attribute(name, attribute) if attribute else self._named(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", one, text)


def _merged(shared, own):
    """Return mappings merged as SAM does it: one's own goes before what is shared, at every depth."""
    both = isinstance(shared, dict) and isinstance(own, dict)
    return {name: _merged(shared.get(name), own.get(name)) for name in {**shared, **own}} if both else own or shared


def statements(role):
    """Return the statements of a role's inline policies, with lists for actions and resources."""
    found = []
    for policy in role["Policies"]:
        for one in policy["PolicyDocument"]["Statement"]:
            actions, resources = one["Action"], one["Resource"]
            found.append(
                {
                    **one,
                    "Action": actions if isinstance(actions, list) else [actions],
                    "Resource": resources if isinstance(resources, list) else [resources],
                }
            )
    return found


def granted(stack, role, service):
    """Return (action, resource) of what a role may do with a service, the table named as the recording names it."""
    pairs = {
        (action, resource)
        for one in statements(stack.properties(role))
        for action in one["Action"]
        for resource in one["Resource"]
        if action.startswith(f"{service}:")
    }
    return {
        (action, resource.partition(":123456789012:")[2].replace("tocsin-incidents", "TABLE"))
        for action, resource in pairs
    }


def environment(stack, name="SyncFunction"):
    """Return the environment variables of a function."""
    return stack.properties(name)["Environment"]["Variables"]


def alarms(stack):
    """Return every alarm, by name."""
    return stack.of_type("AWS::CloudWatch::Alarm")


def watched(stack, namespace):
    """Return (namespace, metric, dimensions) of everything of a namespace that an alarm looks at."""
    return [
        (namespace, one["MetricName"], tuple((each["Name"], each["Value"]) for each in one["Dimensions"]))
        for one in alarms(stack).values()
        if one["Namespace"] == namespace
    ]
