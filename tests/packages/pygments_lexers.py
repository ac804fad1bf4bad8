# packages: pygments
from pygments import highlight
from pygments.formatters import HtmlFormatter, TerminalFormatter
from pygments.lexers import get_all_lexers, get_lexer_by_name, guess_lexer

print(highlight("SELECT * FROM t WHERE a = 'b' -- c", get_lexer_by_name("sql"), HtmlFormatter(cssclass="x")))
print(repr(highlight("int main(void) { return 0; }", get_lexer_by_name("c"), TerminalFormatter())))
print(len(list(get_all_lexers())) > 400, guess_lexer("#!/usr/bin/python\nimport os").name)
print(HtmlFormatter().get_style_defs(".x")[:200])
