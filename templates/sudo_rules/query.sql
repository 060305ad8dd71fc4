SELECT source, header, rule_details
FROM sudoers
ORDER BY source, header, rule_details
