SELECT unix_time, datetime, timezone, local_timezone
FROM time
