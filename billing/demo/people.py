"""Invented people, addresses and meters for the demo, the same in every run."""

from random import Random

from billing.customers.identity import Address, Holder
from billing.demo.accounts import TOWN, DemoAccount, DemoMeter

_SURNAMES = (
    "Абрамов", "Алексеев", "Андреев", "Антонов", "Афанасьев", "Баранов", "Белов", "Беляев",
    "Богданов", "Борисов", "Васильев", "Виноградов", "Власов", "Воробьёв", "Гаврилов", "Голубев",
    "Григорьев", "Гусев", "Давыдов", "Данилов", "Егоров", "Ершов", "Жуков", "Зайцев", "Захаров",
    "Ильин", "Калинин", "Киселёв", "Ковалёв", "Комаров", "Константинов", "Королёв", "Крылов",
    "Лебедев", "Логинов", "Макаров", "Максимов", "Мельников", "Миронов", "Назаров", "Никитин",
    "Орлов", "Осипов", "Павлов", "Поляков", "Пономарёв", "Рябов", "Савельев", "Семёнов", "Сорокин",
    "Степанов", "Тарасов", "Титов", "Тихонов", "Филатов", "Цветков", "Чернов", "Шестаков",
    "Щербаков", "Яковлев",
)  # fmt: skip
_MEN = (
    "Александр", "Алексей", "Андрей", "Борис", "Виктор", "Геннадий", "Евгений", "Иван", "Михаил",
    "Николай", "Олег", "Павел", "Роман", "Семён", "Юрий",
)  # fmt: skip
_WOMEN = (
    "Алла", "Валентина", "Вера", "Галина", "Дарья", "Екатерина", "Зоя", "Ирина", "Ксения",
    "Людмила", "Надежда", "Наталья", "Полина", "Татьяна", "Юлия",
)  # fmt: skip
_PATRONYMICS = (
    "Александров", "Борисов", "Викторов", "Владимиров", "Иванов", "Леонидов", "Михайлов",
    "Николаев", "Олегов", "Павлов", "Петров", "Романов", "Степанов", "Фёдоров", "Юрьев",
)  # fmt: skip
_STREETS = (
    "ул. Берёзовая", "ул. Вишнёвая", "ул. Дальняя", "ул. Заводская", "ул. Зелёная", "ул. Лесная",
    "ул. Луговая", "ул. Мирная", "ул. Набережная", "ул. Озёрная", "ул. Парковая", "ул. Полевая",
    "ул. Рябиновая", "ул. Садовая", "ул. Светлая", "ул. Солнечная", "ул. Школьная",
    "пр-т Энергетиков",
)  # fmt: skip
_TOWNS = (TOWN, TOWN, TOWN, "г. Светлоозёрск")
_COPRIME = 7_368_787  # to 10⁸: numbers look random and never meet


def invent(rng: Random, index: int) -> DemoAccount:
    """Somebody ordinary; one in four is late with paying."""
    return DemoAccount(
        number=f"4401{index * _COPRIME % 10**8:08d}",
        holder=_holder(rng),
        address=_address(rng),
        meters=(_meter(rng, index),),
        shows="",
        unpaid_months=rng.choices((0, 1, 2, 4), (76, 16, 5, 3))[0],
        overpaid=rng.randrange(5_000, 90_000, 100) if rng.random() < 0.06 else 0,
        closed_days_ago=rng.randrange(1, 200) if rng.random() < 0.01 else None,
    )


def _holder(rng: Random) -> Holder:
    surname, father = rng.choice(_SURNAMES), rng.choice(_PATRONYMICS)
    if rng.random() < 0.55:
        return Holder(f"{surname}а", rng.choice(_WOMEN), f"{father}на")
    return Holder(surname, rng.choice(_MEN), f"{father}ич")


def _address(rng: Random) -> Address:
    flat = str(rng.randint(1, 180)) if rng.random() < 0.8 else None
    return Address(rng.choice(_TOWNS), rng.choice(_STREETS), str(rng.randint(1, 90)), flat)


def _meter(rng: Random, index: int) -> DemoMeter:
    zones = rng.choices((1, 2, 3), (70, 24, 6))[0]
    share = {1: (100,), 2: (70, 30), 3: (40, 30, 30)}[zones]
    monthly = rng.randint(60, 380)
    age = rng.randint(14, 90)  # months
    by_zone = tuple(max(5, monthly * part // 100) for part in share)
    return DemoMeter(
        number=f"{zones}{90_000_000 + index:09d}",
        last=tuple(used * age for used in by_zone),
        monthly=by_zone,
        digits=rng.choice((5, 6)),
        decimals=rng.choice((0, 0, 1, 2)),
        remote=rng.random() < 0.04,
        verification_in_days=rng.randint(-200, -1)
        if rng.random() < 0.03
        else rng.randint(60, 4000),
    )
