"""Exceptions raised, caught, chained and cleaned up after; context managers."""
import contextlib


class Refused(ValueError):
    def __init__(self, amount, limit):
        super().__init__(f"{amount} is over {limit}")
        self.amount = amount


class Account:
    def __init__(self):
        self.balance = 0
        self.locks = 0

    @contextlib.contextmanager
    def locked(self):
        self.locks += 1
        try:
            yield self
        finally:
            self.locks -= 1

    def add(self, amount):
        if amount > 90:
            raise Refused(amount, 90)
        self.balance += amount


def convert(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError(text) from error


def run():
    account, refused, wrong, missing = Account(), 0, 0, 0
    for number in range(12000):
        try:
            with account.locked():
                account.add(number % 100)
        except Refused as error:
            refused += error.amount
        try:
            convert(str(number) if number % 3 else "x%d" % number)
        except KeyError as error:
            wrong += len(error.args[0])
        try:
            account.none
        except AttributeError:
            missing += 1
    return account.balance, account.locks, refused, wrong, missing
