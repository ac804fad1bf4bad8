# packages: markdown
import markdown

text = """# Title

A *paragraph* with [a link](https://example.org "tip") and `code`.

| a | b |
|---|--:|
| 1 | 2 |

1. one
2. two

```python
print("<x>")
```

[TOC]

## Part *two*

Term
:   Definition[^1]

[^1]: A note.
"""
converter = markdown.Markdown(extensions=["extra", "toc", "sane_lists", "meta"])
print(converter.convert(text))
print(converter.toc)
print(sorted(entry.name for entry in markdown.util.get_installed_extensions()))
