"""`soundyard serve-model`: a model behind HTTP, for files and streams.

    soundyard serve-model --model model.onnx --port 8090
    soundyard serve-model --model "latest published" --host 0.0.0.0 --tokens tokens.txt --shadow candidate.onnx
    curl -F file=@siren.wav http://127.0.0.1:8090/v1/predict

A newer file at the model's place, or a model that is published later, takes its place while requests go on. SIGTERM
lets requests end.
"""

import argparse
import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import IO, Any

from audio.command_line import CommandLine
from audio.errors import AudioError, ConfigError
from audio.events.run import Model
from audio.named import printable
from audio.serving.config import ServeConfig
from soundyard import __version__
from soundyard.hearing import options as common
from soundyard.predictor import LATEST, file_of
from tasks.errors import SoundyardError

HEAD_SECONDS = 20.0  # that a connection may take to ask
MESSAGE = 1 << 20  # bytes of a message of a stream


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status."""
    args, config = common.parse(parser(), sys.argv[1:] if arguments is None else arguments, ServeConfig)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_serve(args, config))
    except (AudioError, SoundyardError) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    return 0


def parser() -> CommandLine:
    made = common.parser(
        "serve-model", str(__doc__).split("\n")[0].partition(": ")[2], "--model MODEL [options]", ServeConfig
    )
    common.add_model(made)
    heading = made.add_argument_group("Address")
    heading.add_argument("--host", default="127.0.0.1", help="address that is listened at (127.0.0.1)")
    heading.add_argument("--port", type=common.count, default=8090, help="0: any that is free (8090)")
    heading.add_argument(
        "--tokens", type=common.place, help="file with a token a line, one of which who asks must have"
    )
    heading.add_argument(
        "--open", action="store_true", help="let everybody ask, where --host is not this machine alone"
    )
    heading = made.add_argument_group("Besides answering")
    heading.add_argument("--shadow", help="a second model, which hears the same; its answers are logged")
    heading.add_argument(
        "--shadow_log", type=common.place, help="file for that log, a line of JSON each (stderr)"
    )
    heading.add_argument(
        "--keep", type=common.place, help="folder in which the sounds are kept as a data set"
    )
    heading.add_argument(
        "--keep_megabytes", type=common.count, default=1000, help="that the folder may grow to (1000)"
    )
    return made


def found(name: str, plain: Model) -> Callable[[], Model]:
    """Where a model is, asked again and again: that of the newest published one is fetched once."""
    if name != LATEST:
        return lambda: plain
    known: dict[str, Model] = {}

    def newest() -> Model:
        from tasks import lookup
        from tasks.client import connection

        connection.use()
        model_id = lookup.published_model(lookup.here(), exported=True)
        if model_id not in known:
            known.clear()
            known[model_id] = replace(plain, file=file_of(model_id or LATEST))
        return known[model_id]

    return newest


async def _serve(args: argparse.Namespace, config: ServeConfig) -> None:
    try:
        import uvicorn
        import websockets  # noqa: F401

        from audio.serving.access import Tokens
        from audio.serving.app import Endpoint
        from audio.serving.models import Loaded, Models
        from audio.serving.watching.keeping import Keeper
        from audio.serving.watching.metrics import Metrics
        from audio.serving.watching.shadow import Shadow
        from server.app.process import connections
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"An endpoint needs the package {error.name}: pip install soundyard[serve]"
        ) from error

    tokens = Tokens.of_file(args.tokens) if args.tokens else Tokens()
    _refuse_open_doors(args, bool(tokens))
    metrics = Metrics()

    def loaded(result: str, model: Loaded | None) -> None:
        metrics.loads.labels(result).inc()
        if model:
            metrics.model.clear()
            metrics.model.labels(model.digest, printable(model.file.name)).set(1)

    with ExitStack() as stack:
        models = Models(found(args.model, common.model_of(args)), config, metrics.batches.observe, loaded)
        shadow = None
        if args.shadow:
            named = argparse.Namespace(**{**vars(args), "model": args.shadow})
            out = stack.enter_context(_log(args))
            second = Models(found(args.shadow, common.model_of(named)), config)
            shadow = Shadow(second, out, lambda result: metrics.shadow.labels(result).inc())
        keeper = Keeper(args.keep, args.keep_megabytes) if args.keep else None
        listening = stack.enter_context(_bound(args.host, args.port))
        endpoint = Endpoint(config, models, metrics, tokens, shadow, keeper, __version__)
        most = connections.affordable(config.connections, connections.descriptors())
        settings = uvicorn.Config(
            endpoint.app,
            http=connections.limited(most, HEAD_SECONDS),
            ws="websockets-sansio",
            ws_max_size=MESSAGE,
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=round(config.drain),
            server_header=False,
            proxy_headers=False,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

        class Server(uvicorn.Server):
            """Ends without an error, once what is under way has ended."""

            def handle_exit(self, sig: int, frame: Any) -> None:
                if self.should_exit:
                    self.force_exit = True
                self.should_exit = True

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                print("ending: requests that have begun are answered", file=sys.stderr, flush=True)
                await endpoint.drained(config.drain)
                await super().shutdown(sockets)

        with models.use() as model:
            address = listening.getsockname()
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            print(f"{model.file.name} is served at http://{host}:{address[1]}", flush=True)
        await Server(settings).serve(sockets=[listening])


def _refuse_open_doors(args: argparse.Namespace, secured: bool) -> None:
    try:
        alone = args.host == "localhost" or ip_address(args.host).is_loopback
    except ValueError:
        alone = False
    if not alone and not secured and not args.open:
        raise ConfigError(
            f"At {args.host} everybody who reaches this machine could ask. Give --tokens FILE, or --open if that is "
            "meant."
        )


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{host}:{port} can't be listened at: {said}. Give another --port or --host."
        ) from error
    with made:
        yield made


@contextmanager
def _log(args: argparse.Namespace) -> Iterator[IO[str]]:
    if args.shadow_log is None:
        yield sys.stderr
        return
    try:
        args.shadow_log.parent.mkdir(parents=True, exist_ok=True)
        file = args.shadow_log.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{args.shadow_log} can't be written: {error.strerror or error}.") from error
    with file:
        yield file


if __name__ == "__main__":
    sys.exit(main())
