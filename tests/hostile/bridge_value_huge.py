# A value that has an enormous JSON form.
# options: --fuel 10G
# mode: eval
# expect: done - 0
[["x" * 1000] * 1000] * 100
