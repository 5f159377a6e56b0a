FROM python:3.11-slim AS packages
# requirements-sandbox.lock for an image that can be the sandbox, too.
ARG LOCK=requirements.lock
COPY ${LOCK} requirements.lock
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.11-slim
COPY --from=packages /venv /venv
WORKDIR /srv
COPY app app
COPY templates templates
COPY static static
# Nothing is written at start: the container may run with --read-only and no capabilities.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["/venv/bin/python", "-c", \
  "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["/venv/bin/python", "-m", "app"]
CMD ["serve"]
