# packages: docutils
from docutils.core import publish_parts

text = """
Title
=====

A *paragraph* with ``code``, a `link <https://example.org>`_ and a footnote [1]_.

* one
* two

.. note:: Take care.

.. [1] The note.

=====  =====
a      b
=====  =====
1      2
=====  =====
"""
parts = publish_parts(text, writer="html5", settings_overrides={"warning_stream": False, "embed_stylesheet": False})
print(parts["title"], parts["body"], sep="\n")
print(publish_parts(text, writer="latex", settings_overrides={"use_latex_citations": True, "legacy_column_widths": False})["body"][:500])
