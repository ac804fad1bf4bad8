# packages: click
import click
from click.testing import CliRunner


@click.group()
@click.option("--verbose/--quiet", default=False)
@click.pass_context
def cli(context, verbose):
    """A tool."""
    context.obj = verbose


@cli.command()
@click.argument("names", nargs=-1, required=True)
@click.option("-n", "--count", type=click.IntRange(1, 5), default=1, show_default=True, help="How often.")
@click.option("--colour", type=click.Choice(["red", "green"]))
@click.pass_obj
def greet(verbose, names, count, colour):
    """Greets NAMES."""
    for name in names:
        click.secho(f"Hello {name}! " * count, fg=colour)
    click.echo(verbose)


runner = CliRunner()
for arguments in [["--help"], ["greet", "--help"], ["--verbose", "greet", "-n", "2", "Ann", "Bob"], ["greet"],
                  ["greet", "-n", "9", "x"], ["greet", "--colour", "blue", "x"], ["none"]]:
    result = runner.invoke(cli, arguments)
    print(arguments, result.exit_code, result.output, sep="\n")
