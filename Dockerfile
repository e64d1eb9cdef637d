# The portal's one image: web, worker, beat and migrations differ only in their command.
FROM node:22-slim AS frontend
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY frontend frontend
COPY templates templates
COPY csp_portal/static csp_portal/static
RUN npm run build

FROM python:3.11-slim AS packages
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/portal && /opt/portal/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt

FROM python:3.11-slim
ENV PATH=/opt/portal/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_STATIC_ROOT=/srv/static PORTAL_STATE_DIR=/tmp
# A new volume takes the owner that its folder has here.
RUN useradd --system --uid 10001 --home-dir /srv/portal portal \
    && install -d -m 700 -o portal /var/lib/portal-files /var/lib/portal-audit
WORKDIR /srv/portal
COPY --from=packages /opt/portal /opt/portal
COPY . .
COPY --from=frontend /src/csp_portal/static/dist csp_portal/static/dist
# No server is reached while the image is built; these settings only let the commands load.
RUN pybabel --quiet compile -i csp_portal/locale/zh_Hant/LC_MESSAGES/django.po \
        -o csp_portal/locale/zh_Hant/LC_MESSAGES/django.mo -l zh_Hant \
    && DATABASE_URL=postgresql://nobody@localhost/nowhere REDIS_URL=redis://localhost PORTAL_URL=https://portal.example.com \
        SECRET_KEY=only-while-the-image-is-built-0123456789abcdefghijklmnop PORTAL_KEYS_FILE=/dev/null \
        python manage.py collectstatic --skip-checks --noinput --verbosity 0
USER portal
EXPOSE 8000
CMD ["gunicorn", "csp_portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
