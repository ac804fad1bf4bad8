"""A text adventure: a state machine played from standard input with cmd."""
import cmd
import shlex
from dataclasses import dataclass, field


@dataclass
class Room:
    text: str
    exits: dict[str, str]
    things: set[str] = field(default_factory=set)
    dark: bool = False


ROOMS = {
    "garden": Room("You are in a garden.", {"north": "hall"}),
    "hall": Room("You are in a hall.", {"south": "garden", "down": "cellar"}, {"lamp", "carpet"}),
    "cellar": Room("A damp cellar with a chest.", {"up": "hall"}, {"key"}, dark=True),
}


class Game(cmd.Cmd):
    prompt = ""
    intro = "Find the treasure."
    use_rawinput = True

    def preloop(self):
        self.here, self.bag, self.moves, self.history = ROOMS["garden"], set(), 0, []

    def precmd(self, line):
        print(f"> {line}")
        self.moves += 1
        return line.lower()

    def visible(self):
        return not self.here.dark or "lamp" in self.bag

    def do_look(self, arguments):
        """Looks around."""
        if not self.visible():
            print("It is dark.")
            return
        print(self.here.text, "Exits:", ", ".join(sorted(self.here.exits)) + ".")
        if self.here.things:
            print("You see:", ", ".join(sorted(self.here.things)) + ".")

    def do_go(self, direction):
        match self.here.exits.get(direction):
            case None:
                print("You cannot go", direction or "nowhere")
            case name:
                self.history.append(self.here)
                self.here = ROOMS[name]
                self.do_look("")

    def do_take(self, arguments):
        for thing in shlex.split(arguments):
            if thing in self.here.things and self.visible():
                self.here.things.remove(thing)
                self.bag.add(thing)
                print("Taken:", thing)
            else:
                print("No", thing, "here")

    def do_inventory(self, arguments):
        print("You carry:", ", ".join(sorted(self.bag)) or "nothing")

    def do_open(self, what):
        if what != "chest" or self.here is not ROOMS["cellar"] or not self.visible():
            print("Open what?")
        elif "key" not in self.bag:
            print("It is locked.")
        else:
            print("Gold! You won.")
            self.bag.add("gold")

    def default(self, line):
        print("I do not know how to", line.split()[0])

    def do_quit(self, arguments):
        return True

    do_EOF = do_quit

    def postloop(self):
        print(f"{self.moves} moves, {len(self.history)} rooms entered, {'won' if 'gold' in self.bag else 'lost'}")


if __name__ == "__main__":
    game = Game()
    game.cmdloop()
    game.onecmd("help look")
    print(game.completenames("in"), game.parseline("open the chest"))
