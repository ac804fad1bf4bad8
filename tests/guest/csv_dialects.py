"""Guesses the dialect of several exports and writes them again in one."""
import csv
import io

SAMPLES = {
    "semicolons": "name;city;age\nAnna;Köln;31\nBernd;Ulm;45\n\"Carl; der Große\";Aachen;66\n",
    "tabs": "name\tcity\tage\nDora\tBremen\t28\nEmil\tKiel\t19\n",
    "quotes": "'name','city','age'\n'Frieda','Trier','51'\n'Gert','Jena','39'\n",
}


class Pipes(csv.Dialect):
    delimiter = "|"
    quotechar = "~"
    escapechar = "\\"
    doublequote = False
    lineterminator = "\n"
    quoting = csv.QUOTE_MINIMAL


csv.register_dialect("pipes", Pipes)

people = []
for label, text in SAMPLES.items():
    dialect = csv.Sniffer().sniff(text, delimiters=";\t,")
    print(f"{label}: delimiter {dialect.delimiter!r}, quote {dialect.quotechar!r},",
          f"header {csv.Sniffer().has_header(text)}")
    people += csv.DictReader(io.StringIO(text), dialect=dialect)

people.append({"name": "Hanna | ~Ida~", "city": "Bonn", "age": "33"})
people.sort(key=lambda person: int(person["age"]))
out = io.StringIO()
writer = csv.DictWriter(out, ["age", "name", "city"], dialect="pipes", extrasaction="raise")
writer.writeheader()
writer.writerows(people)
print(out.getvalue(), end="")

again = list(csv.DictReader(io.StringIO(out.getvalue()), dialect="pipes"))
print("read back:", again == [{key: person[key] for key in ("age", "name", "city")} for person in people])

try:
    writer.writerow({"age": 1, "name": "X", "town": "Y"})
except ValueError as error:
    print("ValueError:", error)
try:
    list(csv.reader(["a,\"b\nc"], strict=True))
except csv.Error as error:
    print("csv.Error:", error)
print(csv.list_dialects())
print(list(csv.reader(['1,2.5,"x"'], quoting=csv.QUOTE_NONNUMERIC)))
