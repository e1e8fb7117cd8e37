// The company's clock: what is promised («до 14:20») and what stands under a message agree, also
// for a customer in another time zone, who is told how far his own clock is from it.

const timeZone = document.body.dataset.timeZone;
const format = (locale, options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });

const hours = format("ru", { hour: "2-digit", minute: "2-digit" });
const dayMonth = format("ru", { day: "numeric", month: "long" });
const dayMonthYear = format("ru", { day: "numeric", month: "long", year: "numeric" });
// Swedes write dates as ISO 8601 does.
const date = format("sv", { year: "numeric", month: "2-digit", day: "2-digit" });
const time = format("sv", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY_MS = 24 * 60 * 60_000;
const QUARTER_MS = 15 * 60_000;

export const timeOf = (moment) => hours.format(moment);

/** «2026-11-18»: the day a moment belongs to. */
export const dayOf = (moment) => date.format(moment);

/** «Сегодня», «18 ноября», and the difference of the clocks where there is one. */
export function dayName(moment) {
  const now = new Date();
  const day = dayOf(moment);
  const spelled = day.slice(0, 4) === dayOf(now).slice(0, 4) ? dayMonth : dayMonthYear;
  let name = spelled.format(moment);
  if (day === dayOf(now)) name = "Сегодня";
  if (day === dayOf(new Date(now - DAY_MS))) name = "Вчера";
  const apart = hoursApart(moment);
  if (!apart) return name;
  const far = Math.abs(apart).toLocaleString("ru");
  return `${name} · время компании, у Вас на ${far}\u00a0ч ${apart > 0 ? "больше" : "меньше"}`;
}

/** How far the customer's clock is ahead of the company's at a moment. */
function hoursApart(moment) {
  const told = new Date(`${date.format(moment)}T${time.format(moment)}Z`);
  const own = moment.getTime() - moment.getTimezoneOffset() * 60_000;
  return (Math.round((own - told.getTime()) / QUARTER_MS) * QUARTER_MS) / (60 * 60_000);
}
