/** osquery's `calendarTime`: C's asctime in UTC, e.g. "Sat Nov 21 03:00:00 2026 UTC". `ms` is epoch ms. */
export function asciiTime(ms: number): string {
  const [weekday = '', day = '', month = '', year = '', clock = ''] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year} UTC`;
}
