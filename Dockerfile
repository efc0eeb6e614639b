# The production image: web, worker, beat and drain run from it. embedded/ stays out (.dockerignore).
FROM node:20-bookworm-slim AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY frontend frontend
RUN node frontend/build.mjs

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 ANAGEN_ENV=production STATIC_DIR=/app/build/static MEDIA_DIR=/data/media
RUN apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 anagen && mkdir -p /data/media && chown anagen /data/media
WORKDIR /app
COPY requirements/prod.txt requirements/prod.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/prod.txt
COPY . .
COPY --from=front /app/build/vendor build/vendor
RUN ANAGEN_ENV=production SECRET_KEY=build-time-only-and-thrown-away-build-time-only-and-thrown-away FILE_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_NAME=none DATABASE_TLS=require python manage.py collectstatic --noinput -v0
USER anagen
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
CMD ["gunicorn", "clinic.wsgi", "-b", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
