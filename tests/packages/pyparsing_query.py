# packages: pyparsing
import pyparsing as pp

word = pp.Word(pp.alphas, pp.alphanums + "_")
value = pp.pyparsing_common.number | pp.QuotedString("'")
condition = pp.Group(word("field") + pp.one_of("= != < >")("op") + value("value"))
query = pp.infix_notation(condition, [(pp.CaselessKeyword("not"), 1, pp.OpAssoc.RIGHT),
                                      (pp.CaselessKeyword("and"), 2, pp.OpAssoc.LEFT),
                                      (pp.CaselessKeyword("or"), 2, pp.OpAssoc.LEFT)])
for text in ["a = 1 and not (b != 'x y' or c > 2.5)", "x_1 < -3e2"]:
    print(query.parse_string(text, parse_all=True).as_list())
try:
    query.parse_string("a = and", parse_all=True)
except pp.ParseException as error:
    print(error.explain(depth=0))
print(pp.DelimitedList(pp.Word(pp.nums).set_parse_action(lambda t: int(t[0]))).parse_string("1, 2,3").as_list())
