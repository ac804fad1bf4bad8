# A search function for codecs that never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
import codecs

def search(name):
    while True:
        pass

codecs.register(search)
"".encode("nothing")
