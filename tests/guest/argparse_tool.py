"""A command-line tool with subcommands; its arguments come from NAME.args, others are tried in turn."""
import argparse
import sys
from pathlib import Path


def percentage(text):
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def parser():
    top = argparse.ArgumentParser(prog="tool", description="Converts and shows pictures.", epilog="Be careful.",
                                  formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80))
    top.add_argument("--version", action="version", version="%(prog)s 1.2")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    convert = commands.add_parser("convert", help="convert pictures", aliases=["c"],
                                  formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80))
    convert.add_argument("files", nargs="+", type=Path, help="what to read")
    convert.add_argument("--scale", type=float, default=1.0, help="factor (default: %(default)s)")
    convert.add_argument("--tag", action="append", default=[])
    convert.add_argument("-v", "--verbose", action="count", default=0)
    group = convert.add_mutually_exclusive_group()
    group.add_argument("--fast", action="store_true")
    group.add_argument("--quality", type=percentage, metavar="PERCENT")
    show = commands.add_parser("show")
    show.add_argument("what", choices=["size", "colours"])
    show.add_argument("--colour", action=argparse.BooleanOptionalAction, default=True)
    return top


def attempt(arguments):
    print("$ tool", *arguments)
    sys.stdout.flush()
    try:
        print(vars(parser().parse_args(arguments)))
    except SystemExit as stop:
        sys.stderr.flush()
        print("exit", stop.code)


options = parser().parse_args()
print(sys.argv[1:])
print(options.command, [str(path) for path in options.files], options.scale, options.tag, options.verbose)
attempt(["show", "size", "--no-colour"])
attempt(["c", "x", "--quality", "55"])
attempt(["show", "weight"])
attempt(["convert", "x", "--quality", "101"])
attempt(["convert", "x", "--fast", "--quality", "5"])
attempt(["convert"])
attempt([])
attempt(["--version"])
attempt(["convert", "--help"])
print(parser().format_help(), end="")
known, rest = parser().parse_known_args(["show", "size", "--extra", "1"])
print(known.what, rest)
sys.exit(parser().error("something else went wrong"))
