# packages: jinja2 markupsafe
import importlib.metadata

import jinja2
from markupsafe import Markup, escape

templates = {
    "base.html": "<title>{% block title %}none{% endblock %}</title>\n<body>{% block body %}{% endblock %}</body>",
    "page.html": """{% extends "base.html" %}
{% macro row(item) %}<li class="{{ loop_class }}">{{ item.name }}: {{ "%.2f"|format(item.price) }}</li>{% endmacro %}
{% block title %}{{ title|upper }}{% endblock %}
{% block body %}{% for item in items if item.price > 1 %}{{ row(item) }}{% else %}nothing{% endfor %}{% endblock %}""",
}
environment = jinja2.Environment(loader=jinja2.DictLoader(templates), autoescape=True, trim_blocks=True)
environment.filters["shout"] = lambda text: f"{text}!"
items = [{"name": "<tea>", "price": 2.5}, {"name": "water", "price": 0.5}, {"name": "cake & pie", "price": 4}]
print(environment.get_template("page.html").render(title="shop", items=items, loop_class="x"))
print(environment.from_string("{{ names|join(', ')|shout }} {{ range(5)|sum }} {{ now is defined }}").render(names=["a", "b"]))
print(escape("<'\">&"), Markup("<b>%s</b>") % "<i>")
try:
    environment.from_string("{% for %}")
except jinja2.TemplateSyntaxError as error:
    print(type(error).__name__, error.lineno, error)
sandbox = jinja2.sandbox.SandboxedEnvironment() if hasattr(jinja2, "sandbox") else None
print(importlib.metadata.version("jinja2"), importlib.metadata.requires("jinja2"))
