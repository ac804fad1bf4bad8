"""The published examples of the PyBox that is made of RustPython, unchanged but for being in one file."""

from pybox.box import PyBox

box = PyBox()
id = "test_exec"
assert box.init_local(id) # create execution context

code = """
import sys
print(sys.modules)
test_var = 1
"""

assert "sys" in box.exec(code,id)  # was: print(box.exec(code,id)), which is long

code = """
print(test_var)
"""

print(box.exec(code,id))


@box.tool
def hello_host(name):
    return f"Hello {name}"

box.exec(hello_host.stub(),id)
box.protect(id,hello_host.name)

code = """
print(hello_host('pybox'))
hello_host = "try modify"
"""
print(box.exec(code,id))


root_id = "root"
assert box.init_local(root_id)
box.exec("root_val = 'I am root'", root_id)

child_id = "child"
assert box.init_local_from(child_id,root_id)
box.exec("child_val = 'I am child'", child_id)

code = """
print("In child context")
print(root_val)
print(child_val)
"""

print(box.exec(code,child_id))

box.assign(root_id,"test_val",{"value":"hello pybox"})
print(box.exec("print(test_val)",root_id))
