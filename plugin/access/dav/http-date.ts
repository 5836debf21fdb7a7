const DAY_NAMES = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTH_NAMES = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
/** Seconds since the Unix epoch at the end of the year 9999. */
const LAST = 253_402_300_799;

/**
 * An HTTP-date in whole seconds, of milliseconds since the Unix epoch (RFC 9110 section 5.6.7). A listing prints one for each entry, and
 * `Date` takes four times as long. Years are counted from March on, so that the day that may be missing is the last one.
 */
export function httpDate(milliseconds: number): string {
  const time = Math.floor(milliseconds / 1000);
  if (!(time >= 0 && time <= LAST)) return new Date(milliseconds).toUTCString();
  const days = Math.floor(time / 86_400);
  const second = time - days * 86_400;
  const fromMarch = days + 719_468;
  const era = Math.floor(fromMarch / 146_097);
  const dayOfEra = fromMarch - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0);
  const hour = Math.floor(second / 3_600);
  const minute = Math.floor(second / 60) - hour * 60;
  return `${DAY_NAMES[days % 7]}, ${TWO_DIGITS[day]} ${MONTH_NAMES[month]} ${year} ${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[second % 60]} GMT`;
}

/** Milliseconds since the Unix epoch of an HTTP-date in one of its three forms (RFC 9110 section 5.6.7), undefined for anything else. */
export function parseHttpDate(value: string): number | undefined {
  const text = value.trim();
  const asctime = /^[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/i.test(text);
  if (!asctime && !/^[a-z]{3,9}, \d\d?[ -][a-z]{3}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/i.test(text)) return undefined;
  const time = Date.parse(asctime ? `${text} GMT` : text);
  return Number.isNaN(time) ? undefined : time;
}
