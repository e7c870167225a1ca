# The first stage installs the locked packages, each checked against its hash, and shopbell itself.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/shopbell
COPY requirements.lock ./
RUN /opt/shopbell/bin/pip install --retries 10 --timeout 60 --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY adapters ./adapters
RUN /opt/shopbell/bin/pip install --no-index --no-deps --no-build-isolation . \
    && /opt/shopbell/bin/pip uninstall --yes setuptools pip

# The second stage is what runs: without build tools, and not as root.
FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin shopbell \
    && install --directory --owner=shopbell --group=shopbell --mode=0750 /data
COPY --from=build /opt/shopbell /opt/shopbell
ENV PATH=/opt/shopbell/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_PATH=/data/shopbell.db \
    HTTP_HOST=0.0.0.0 \
    HTTP_PORT=8080
USER shopbell
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['HTTP_PORT']), timeout=5); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
# There is no shell in between: shopbell itself is process 1 and receives SIGTERM.
ENTRYPOINT ["shopbell"]
CMD ["run"]
