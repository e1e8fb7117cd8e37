"""The demo's well-known accounts: one for each thing worth trying. All people are fictional."""

from dataclasses import dataclass

from billing.customers.identity import Address, Holder
from billing.models import Category

# Kopecks per kWh by register: single; day and night; peak, night and half-peak.
TARIFFS = {1: (547,), 2: (629, 312), 3: (711, 312, 547)}


@dataclass(frozen=True, slots=True)
class DemoMeter:
    """``last`` are the register values (whole kWh) at the end of the history, ``monthly`` the kWh
    a month by register that led there. Days count from the day of filling.
    """

    number: str
    last: tuple[int, ...]
    monthly: tuple[int, ...]
    digits: int = 5
    decimals: int = 0
    ratio: int = 1
    remote: bool = False
    verification_in_days: int = 2000
    removed_days_ago: int | None = None

    @property
    def zones(self) -> int:
        return len(self.last)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """``unpaid_months`` are the last bills not paid; ``overpaid`` is kopecks beyond all bills.

    In the last bill: ``recalculation`` kopecks, ``tariff_raised`` inside the month, ``factor`` in
    hundredths. ``ranges``: more than the first range of consumption costs more.
    """

    number: str
    holder: Holder
    address: Address
    meters: tuple[DemoMeter, ...]
    shows: str
    unpaid_months: int = 0
    overpaid: int = 0
    closed_days_ago: int | None = None
    organisation: str | None = None
    inn: str | None = None
    recalculation: int = 0
    tariff_raised: bool = False
    ranges: bool = False
    factor: int = 100

    @property
    def surname(self) -> str:
        return self.holder.surname

    @property
    def zones(self) -> int:
        return self.meters[0].zones

    @property
    def category(self) -> Category:
        return Category.BUSINESS if self.organisation else Category.HOUSEHOLD


TOWN = "г. Демоград"

DEMO_ACCOUNTS = (
    DemoAccount(
        "440012345678",
        Holder("Иванова", "Мария", "Петровна"),
        Address(TOWN, "ул. Светлая", "12", "45"),
        (DemoMeter("1012345678", (12180,), (165,)),),
        "однотарифный счётчик, долг за два месяца",
        unpaid_months=2,
    ),
    DemoAccount(
        "440087654321",
        Holder("Петров", "Сергей", "Николаевич"),
        Address(TOWN, "ул. Заречная", "7", "18"),
        (DemoMeter("2087654321", (12100, 6700), (230, 95)),),
        "день и ночь, долга нет; в последнем месяце сменился тариф",
        tariff_raised=True,
    ),
    DemoAccount(
        "440011112222",
        Holder("Сидорова", "Анна", "Викторовна"),
        Address(TOWN, "пр-т Энергетиков", "30", "112"),
        (DemoMeter("3011112222", (4890, 2410, 1950), (80, 60, 70), digits=6, decimals=1),),
        "три зоны, переплата, перерасчёт",
        recalculation=-12_350,
        overpaid=150_000,
    ),
    DemoAccount(
        "440033334444",
        Holder("Кузнецов", "Алексей", "Иванович"),
        Address("г. Светлоозёрск", "ул. Луговая", "3"),
        (DemoMeter("1033334444", (99930,), (210,)),),
        "показания вот-вот перейдут через ноль",
        unpaid_months=1,
    ),
    DemoAccount(
        "440055556666",
        Holder("Смирнова", "Ольга", "Сергеевна"),
        Address(TOWN, "ул. Садовая", "21", "6"),
        (DemoMeter("1055556666", (30415,), (120,), verification_in_days=-90),),
        "у счётчика вышел срок поверки, в счёте повышающий коэффициент",
        factor=150,
    ),
    DemoAccount(
        "440077778888",
        Holder("Фёдоров", "Пётр", "Алексеевич"),
        Address(TOWN, "ул. Полевая", "9", "2"),
        (DemoMeter("1077778888", (8040,), (140,)),),
        "счёт закрыт",
        closed_days_ago=40,
    ),
    DemoAccount(
        "440099990000",
        Holder("Морозов", "Дмитрий", "Олегович"),
        Address("г. Светлоозёрск", "ул. Озёрная", "14"),
        (
            DemoMeter("1099990001", (21750,), (760,)),
            DemoMeter("1099990002", (1320,), (35,)),
            DemoMeter("1099990003", (45200,), (200,), removed_days_ago=200),
        ),
        "дом и гараж: два счётчика, третий снят; диапазоны потребления; долг за пять месяцев",
        unpaid_months=5,
        ranges=True,
    ),
    DemoAccount(
        "440024682468",
        Holder("Волкова", "Елена", "Андреевна"),
        Address(TOWN, "ул. Новая", "1", "77"),
        (DemoMeter("5024682468", (3350, 1480), (150, 70), digits=6, decimals=2, remote=True),),
        "умный счётчик передаёт показания сам",
    ),
    DemoAccount(
        "440066667777",
        Holder("Орлова", "Татьяна", "Михайловна"),
        Address(TOWN, "ул. Речная", "16", "33"),
        (
            DemoMeter("1066667777", (58120,), (180,), removed_days_ago=75),
            DemoMeter("9066667777", (310,), (150,), digits=6, decimals=1),
        ),
        "счётчик заменили два месяца назад",
    ),
    DemoAccount(
        "440050005000",
        Holder("Соколов", "Игорь", "Павлович"),
        Address(TOWN, "ул. Промышленная", "5"),
        (DemoMeter("7050005000", (64200,), (48,), digits=6, ratio=40),),
        "организация: подтверждает оператор; трансформаторы тока 200/5",
        organisation="ООО «Демо-Пекарня»",
        inn="9900000017",
    ),
    DemoAccount(
        "Э/201915",
        Holder("Егоров", "Павел", "Ильич"),
        Address(TOWN, "ул. Заводская", "8"),
        (DemoMeter("7020190015", (15800, 9300), (620, 240), digits=6),),
        "предприниматель: номер договора с буквой и дробью",
        organisation="ИП Егоров П. И.",
        inn="990000000115",
    ),
)
