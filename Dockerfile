# Build: docker build -t casewire .        Run: docker compose up -d (compose.yaml)
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/casewire
COPY requirements.lock ./
RUN /opt/casewire/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml MANIFEST.in README.md LICENSE requirements.in feeds.yaml ./
COPY rules ./rules
COPY schemas ./schemas
COPY aggregator ./aggregator
RUN /opt/casewire/bin/pip install --no-cache-dir --no-deps . && /opt/casewire/bin/casewire check
RUN /opt/casewire/bin/python -m compileall -q /opt/casewire/lib && /opt/casewire/bin/pip uninstall -q -y pip

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Casewire" \
      org.opencontainers.image.description="Crypto-regulation news: one alert per development, with the reason why." \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin casewire \
    && mkdir -p /data /mine/rules && chown casewire /data
COPY deploy/mine-feeds.yaml /mine/feeds.yaml
COPY --from=build /opt/casewire /opt/casewire
COPY bot.py /app/bot.py
# /data is the only place that is written to besides /tmp; /mine holds your own feeds and rules.
ENV PATH=/opt/casewire/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/data/matplotlib \
    DATABASE_URL=sqlite:////data/casewire.db \
    CASEWIRE_FEEDS=/opt/casewire/share/casewire/feeds.yaml:/mine/feeds.yaml \
    CASEWIRE_RULES=/opt/casewire/share/casewire/rules:/mine/rules
WORKDIR /data
USER casewire
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["python", "/app/bot.py", "health"]
ENTRYPOINT ["tini", "--", "python", "/app/bot.py"]
CMD ["run"]
