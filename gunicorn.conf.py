"""Settings of gunicorn, which reads this file wherever it is started in this folder."""

# What a request may carry before Django sees it. An address that is too long gets a page from LimitsMiddleware first.
limit_request_line = 8_190
limit_request_fields = 60
limit_request_field_size = 8_190
# The settings are read once, before there are workers: a start that is refused ends here, with its sentence.
preload_app = True
