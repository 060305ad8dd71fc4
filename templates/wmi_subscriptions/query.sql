SELECT b.filter, b.consumer, f.query, c.executable_path, c.command_line_template, s.scripting_engine, s.script_file_name, s.script_text
FROM wmi_filter_consumer_binding b
LEFT JOIN wmi_event_filters f ON f.relative_path = substr(b.filter, -length(f.relative_path))
LEFT JOIN wmi_cli_event_consumers c ON c.relative_path = substr(b.consumer, -length(c.relative_path))
LEFT JOIN wmi_script_event_consumers s ON s.relative_path = substr(b.consumer, -length(s.relative_path))
ORDER BY b.filter, b.consumer
