# Build: docker build -t casewire .        Run: docker compose up -d (compose.yaml)
# Without charts it is half the size: --build-arg LOCK=requirements.lock
FROM python:3.11-slim-bookworm AS build
ARG LOCK=requirements-charts.lock
RUN python -m venv /opt/casewire
WORKDIR /src
COPY requirements.lock requirements-charts.lock ./
RUN /opt/casewire/bin/pip install --no-cache-dir --no-compile --require-hashes -r $LOCK
WORKDIR /app
COPY bot.py feeds.yaml LICENSE ./
COPY rules ./rules
COPY schemas ./schemas
COPY aggregator ./aggregator
# What only installs or tests packages stays out; compiled here, since nothing can be written later.
RUN /opt/casewire/bin/pip uninstall -q -y setuptools pip \
    && find /opt/casewire/lib -depth -type d -name tests -exec rm -rf {} + \
    && /opt/casewire/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/casewire/lib aggregator \
    && /opt/casewire/bin/python bot.py check

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Casewire" \
      org.opencontainers.image.description="Crypto-regulation news: one alert per development, with the reason why." \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 casewire \
    && useradd --no-create-home --uid 10001 --gid casewire --home-dir /data --shell /usr/sbin/nologin casewire \
    && mkdir -p /data /mine/rules && chown casewire:casewire /data
COPY deploy/mine-feeds.yaml /mine/feeds.yaml
COPY --from=build /opt/casewire /opt/casewire
COPY --from=build /app /app
# /data is the only place that is written to besides /tmp; /mine holds your own feeds and rules.
ENV PATH=/opt/casewire/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/data/matplotlib \
    DATABASE_URL=sqlite:////data/casewire.db \
    CASEWIRE_FEEDS=/app/feeds.yaml:/mine/feeds.yaml \
    CASEWIRE_RULES=/app/rules:/mine/rules
WORKDIR /data
USER casewire
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["python", "/app/bot.py", "health"]
ENTRYPOINT ["tini", "--", "python", "/app/bot.py"]
CMD ["run"]
