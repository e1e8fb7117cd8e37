"""How one speaks of readings: questions, confirmations, refusals. No I/O.

Only ``without_account`` may be said to somebody who has not shown that he is the holder: it
repeats his own words and nothing else.
"""

from datetime import date

from billing.customers.identity import mask_number
from billing.models import ReadingStatus
from billing.money import THOUSANDTHS, roubles
from billing.numbers import format_kwh, format_value
from billing.prices import Estimate, Prices, estimate
from billing.readings.rules import (
    AcceptanceRules,
    Mark,
    NeedsConfirmation,
    PastReading,
    Question,
    Reason,
    Refused,
    Standing,
)
from billing.views import AccountOverview, LinkedAccount, MeterOverview, TakenReading
from dialogs.flow import Moment
from dialogs.flows.money_words import month_name

ZONES = {1: ("",), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}

WITHOUT_NAME = "Передать без фамилии"
NAME_HELP = (
    "Владелец указан в квитанции, рядом с номером счёта {number} и адресом. Узнать не получится — "
    "передайте показания без фамилии: их проверит специалист."
)
ASK_NAME = (
    "На кого оформлен счёт {number}? Напишите фамилию владельца: тогда сразу скажу, подошли ли "
    "показания. Можно передать и без фамилии, тогда их проверит специалист."
)
ASK_VALUES_ALONE = (
    "Напишите показания по счёту {number}. Если счётчик считает по зонам, назовите их, "
    "например: «день 1200 ночь 2400»."
)
DOES_NOT_FIT = (
    "Показание не подошло к этому счёту: проверьте номер и цифры или назовите владельца, "
    "тогда скажем точно почему."
)
TOO_MANY_TRIES = (
    "Без фамилии владельца сегодня больше принять не получится. Назовите владельца счёта "
    "{number}, и я приму показания сразу, или позовите оператора."
)
NEGATIVE = "Показания отрицательными не бывают. Напишите, пожалуйста, цифры с табло до запятой."
TOO_LONG = "В показании столько цифр не бывает. Напишите, пожалуйста, только цифры с табло."


def account_name(account: LinkedAccount) -> str:
    """«счёт «дача» …5678»: which account is spoken of."""
    return f"счёт «{account.nickname}» {account.masked_number}" if account.nickname else (
        f"счёт {account.masked_number}"
    )  # fmt: skip


def named(values: tuple[int, ...]) -> str:
    """«день 12 345, ночь 6 789»."""
    return ", ".join(
        f"{name} {format_value(value)}".strip()
        for name, value in zip(ZONES[len(values)], values, strict=True)
    )


def without_account(number: str, given: tuple[tuple[str, int], ...], moment: Moment,
                    reading_number: str) -> str:  # fmt: skip
    shown = ", ".join(f"{name} {format_value(value)}".strip() for name, value in given)
    return (
        f"Показание **{shown}** по счёту {mask_number(number)} принято на проверку.\n\n"
        f"Номер {reading_number}, {moment.now:%d.%m.%Y в %H:%M}, {moment.channel}. "
        "Специалист проверит его в течение рабочего дня."
    )


def no_meters(account: LinkedAccount) -> str:
    return (
        f"По счёту {account.masked_number} счётчика у нас не числится, поэтому показания "
        "принять не могу. Оператор подскажет, что делать."
    )


def which_meter(account: LinkedAccount) -> str:
    return f"{_capital(account_name(account))}: счётчиков несколько. Чьи показания передаёте?"


def meter_choice(meter: MeterOverview) -> str:
    """At most 40 characters: some platforms take no longer button."""
    last = f", было {named(meter.last.values)}" if meter.last else ""
    label = f"№ {meter.number}{last}"
    return label if len(label) <= 40 else f"№ {meter.number}"[:40]


def ask_values(
    meter: MeterOverview, facts: AccountOverview, stands: Standing, known: tuple[int, ...]
) -> str:
    """``known``: the registers, from 0, whose values were given; not all of them."""
    names = ZONES[meter.facts.zones]
    last = meter.last
    head = f"{_capital(account_name(facts.account))}, счётчик № {meter.number}."
    if known:
        written = ", ".join(names[place] for place in known)
        missing = next(name for place, name in enumerate(names) if place not in known)
        return f"{head} Записал: {written}. Теперь напишите показание «{missing}»."
    if meter.facts.remote:
        shown = f": {named(last.values)} от {last.taken_on:%d.%m.%Y}" if last else ""
        return (
            f"{head} Он передаёт показания сам, последние{shown}. Передавать их не нужно.\n\n"
            "Если на табло другое, напишите, что показывает счётчик: специалист сверит."
        )
    if meter.facts.zones == 1:
        text = f"{head} Напишите показание."
    else:
        example = " ".join(f"{name} {1200 * (n + 1)}" for n, name in enumerate(names))
        text = f"{head} Напишите показания: {', '.join(names)}. Например: «{example}»."
    return "\n\n".join([text, *_standing(stands)])


def _standing(stands: Standing) -> list[str]:
    """What will be replaced, and what the new ones are compared with."""
    lines = []
    month = month_name(stands.period)
    if stands.in_force:
        lines.append(f"За {month} уже приняты показания {_of(stands.in_force)}: новые их заменят.")
    elif stands.in_review:
        lines.append(f"За {month} проверяются показания {_of(stands.in_review)}: новые их заменят.")
    if stands.previous:
        before = stands.previous
        lines.append(f"Прошлые показания от {_date(before.taken_on)}: {named(before.values)}.")
    return lines


def _of(reading: PastReading) -> str:
    return f"{named(reading.values)} от {_date(reading.taken_on)}"


def taken(reading: TakenReading, meter: MeterOverview, facts: AccountOverview,
          moment: Moment) -> str:  # fmt: skip
    zone = moment.now.tzinfo
    waits = reading.status is ReadingStatus.REVIEW
    shown = named(reading.values)
    received = reading.received_at.astimezone(zone)
    head = (
        f"🕓 Показания записаны и переданы на проверку: **{shown}** кВт·ч."
        if waits
        else f"✅ Показания приняты: **{shown}** кВт·ч."
    )
    lines = [
        head,
        f"{_capital(account_name(facts.account))}, счётчик № {meter.number}. "
        f"Номер {reading.number}, {received:%d.%m.%Y в %H:%M}, {moment.channel}.",
    ]
    if reading.replaces:
        lines.append(_replaced(reading, meter, waits=waits))
    if reading.consumption and reading.previous is not None:
        lines.append(_consumption(reading, meter, facts.prices))
    if reading.for_next_period:
        lines.append(f"Приём за этот месяц закончен: учтём их за {month_name(reading.period)}.")
    lines += [_EXPLAINED[mark].format(due=_date(meter.facts.verification_due))
              for mark in reading.marks if mark in _EXPLAINED]  # fmt: skip
    if waits:
        lines.append("Специалист проверит их в течение рабочего дня, ответ придёт сюда.")
    undo = reading.undo_until.astimezone(zone)
    lines.append(f"Если ошиблись, отменить можно до {undo:%H:%M}.")
    return "\n\n".join(lines)


def _replaced(reading: TakenReading, meter: MeterOverview, *, waits: bool) -> str:
    """``meter`` as it was before this reading."""
    same = (past for past in meter.history if past.accepted and past.period == reading.period)
    before = next((past for past in same if past.values != reading.values), None)
    shown = f" ({_of(before)})" if before else ""
    month = month_name(reading.period)
    if waits:
        return f"За {month} уже приняты другие показания{shown}: пока считаются они."
    return f"Прежние показания за {month}{shown} заменены."


_EXPLAINED = {
    Mark.REMOTE: (
        "Этот счётчик передаёт показания сам, поэтому Ваши мы сначала сверим с переданными."
    ),
    Mark.REPLACED: (
        "Раз счётчик заменили, понадобится акт замены: передайте его оператору или в офис, "
        "если ещё не передавали."
    ),
    Mark.VERIFICATION_EXPIRED: (
        "Срок поверки счётчика вышел {due}. Пока он не поверен или не заменён, начислять могут "
        "по среднему, а потом по нормативу. В многоквартирном доме счётчик бесплатно заменим мы, "
        "в частном — сетевая компания."
    ),
}


def _consumption(reading: TakenReading, meter: MeterOverview, prices: Prices) -> str:
    since = f"{reading.previous.taken_on:%d.%m.%Y}" if reading.previous else ""
    text = f"Расход с {since}: {used(reading.consumption)}."
    if meter.facts.ratio > 1:
        text += f" Учтён коэффициент трансформации {meter.facts.ratio}."
    cost = estimate(reading.consumption, prices, _days(reading.previous, reading.taken_on))
    return f"{text}\n\n{_cost(cost)}" if cost and cost.total else text


def _days(previous: PastReading | None, today: date) -> int:
    return (today - previous.taken_on).days if previous else 0


def used(consumption: tuple[int, ...]) -> str:
    """«день 145 кВт·ч, ночь 89 кВт·ч, всего 234 кВт·ч»."""
    if len(consumption) == 1:
        return format_kwh(consumption[0])
    parts = [
        f"{name} {format_kwh(kwh)}"
        for name, kwh in zip(ZONES[len(consumption)], consumption, strict=True)
    ]
    return f"{', '.join(parts)}, всего {format_kwh(sum(consumption))}"


def _cost(cost: Estimate) -> str:
    names = ZONES[len(cost.kopecks)]
    parts = [
        f"{name} {roubles(kopecks)} (по {roubles(tariff)})".strip()
        for name, kopecks, tariff in zip(names, cost.kopecks, cost.tariffs, strict=True)
    ]
    total = f", всего {roubles(cost.total)}" if len(parts) > 1 else ""
    text = f"{_about(cost)}: {', '.join(parts)}{total}."
    if cost.range_kwh is not None:
        up_to = format_kwh(cost.range_kwh * THOUSANDTHS)
        text += f" Тариф 1-го диапазона потребления, до {up_to} в месяц."
    if cost.beyond_range:
        text += " Расход больше, часть его пойдёт по более высокому тарифу."
    return f"{text} Точная сумма будет в квитанции."


def _about(cost: Estimate) -> str:
    """What is beyond the range can't be told from a reading: at least so much it costs."""
    return "Стоимость не меньше" if cost.beyond_range else "Примерная стоимость"


def confirm(verdict: NeedsConfirmation, prices: Prices, today: date) -> str:
    reading = verdict.reading
    shown = named(reading.values)
    lines = []
    for question in verdict.questions:
        match question:
            case Question.ROLLOVER:
                before = f" ({_of(reading.previous)})" if reading.previous else ""
                lines.append(
                    f"{_capital(shown)} меньше прошлых показаний{before}. Счётчик прошёл через "
                    f"ноль? Тогда расход {used(reading.consumption)}."
                )
            case Question.UNUSUAL:
                much = f" {used(reading.consumption)}, это" if reading.consumption else ""
                text = f"Расход{_since(reading.previous)} получается{much} заметно больше обычного"
                days = _days(reading.previous, today)
                cost = estimate(reading.consumption, prices, days)
                lines.append(f"{text}{_worth(cost)}.")
            case Question.ZERO:
                lines.append(f"Показания не изменились{_since(reading.previous)}, расход нулевой.")
            case Question.CORRECTION:
                month = month_name(reading.period)
                before = f" ({_of(reading.replaces)})" if reading.replaces else ""
                lines.append(f"{_capital(shown)} меньше того, что уже принято за {month}{before}.")
            case Question.REPLACED:
                pass  # never asked
    if reading.replaces and Question.CORRECTION not in verdict.questions:
        month = month_name(reading.period)
        lines.append(f"За {month} уже приняты показания {_of(reading.replaces)}.")
    if verdict.suggestion:
        lines.append(f"Может быть, на табло {named(verdict.suggestion)}?")
    lines.append("Всё верно?")
    return "\n\n".join(lines)


def _since(previous: PastReading | None) -> str:
    return f" с {_date(previous.taken_on)}" if previous else ""


def _worth(cost: Estimate | None) -> str:
    if cost is None:
        return ""
    return f", {'не меньше чем' if cost.beyond_range else 'примерно'} на {roubles(cost.total)}"


def final_refusal(verdict: Refused, rules: AcceptanceRules) -> str | None:
    """The words for what can't be mended by other digits; ``None`` for what can."""
    match verdict.reason:
        case Reason.METER_REMOVED:
            return (
                f"Этот счётчик снят {_date(verdict.since)}, его показания больше не принимаются. "
                "Если стоит новый, оператор подскажет, как передать его показания."
            )
        case Reason.ACCOUNT_CLOSED:
            return (
                f"Этот счёт закрыт {_date(verdict.since)}, показания по нему больше не "
                "принимаются. Если это ошибка, позовите оператора."
            )
        case Reason.OUTSIDE_DAYS:
            return (
                "Сегодня показания не принимаются: приём с "
                f"{rules.first_day} по {rules.last_day} число каждого месяца. "
                "Напишите их, пожалуйста, в эти дни."
            )
        case Reason.ALREADY_TAKEN if verdict.existing is not None:
            when = f"{_date(verdict.existing.taken_on)}, номер {verdict.existing.number}"
            if verdict.existing.accepted:
                return f"Эти показания уже приняты {when}. Второй раз передавать не нужно."
            return f"Эти показания уже переданы на проверку {when}. Второй раз не нужно."
        case _:
            return None


def refusal(verdict: Refused, meter: MeterOverview) -> str:
    """Why it is not taken, and what to do [19]."""
    names = ZONES[meter.facts.zones]
    zone, again = "", "напишите ещё раз"
    if verdict.zone and len(names) > 1:
        name = names[verdict.zone - 1]
        zone, again = f" ({name})", f"напишите ещё раз «{name}», остальное записал"
    match verdict.reason:
        case Reason.WRONG_ZONES if len(names) == 1:
            text = "У этого счётчика одно показание, а чисел несколько. Напишите одно."
        case Reason.WRONG_ZONES:
            text = f"Нужно чисел: {len(names)} ({', '.join(names)}). Напишите их ещё раз."
        case Reason.TOO_MANY_DIGITS:
            text = (
                f"У счётчика {meter.facts.digits} цифр до запятой, а здесь больше{zone}. "
                f"Проверьте, пожалуйста, и {again}."
            )
        case Reason.LESS_THAN_BEFORE:
            before = ""
            if verdict.previous:
                before = f" ({_of(verdict.previous)})"
            text = (
                f"Показание{zone} меньше прошлого{before}, поэтому принять его не могу. "
                f"Проверьте цифры и {again}. Если счётчик заменили, нажмите кнопку."
            )
        case _:
            shown = format_kwh(verdict.consumption) if verdict.consumption else "слишком большим"
            text = (
                f"Расход{_since(verdict.previous)} получается {shown}: столько за это время "
                "израсходовать нельзя. "
                "Проверьте цифры и напишите ещё раз."
            )
    if verdict.suggestion:
        text += f"\n\nМожет быть, на табло {named(verdict.suggestion)}?"
    return text


def _date(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
