"""A model to files that run without this project: TorchScript, ONNX, and ONNX in eight-bit integers.

    python -m tasks.export
    python -m tasks.export --model_id ID --formats "onnx, onnx-int8"
    python -m tasks.export --formats huggingface    # a folder that from_pretrained reads, of wav2vec2 and ast

Every file takes the waveform itself, is run beside the model on held-out clips, and becomes an output model of the
task; the table says how large and how fast it is and how far its answers are from the model's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audio.config import ExportConfig, Group
from tasks.running.session import Run, job, session

if TYPE_CHECKING:
    from audio.export.check import Exported

INPUTS = Group("Inputs")
FRAMEWORKS = {"torchscript": "PyTorch", "huggingface": "PyTorch"}  # of other formats ONNX


@dataclass
class ExportParameters(ExportConfig):
    """A model to files that run without this project."""

    model_id: str = INPUTS("", "ClearML model; empty: the output of the project's newest finished training")
    dataset_id: str = INPUTS(
        "", "ClearML dataset to check with; empty: the one that the model was trained on"
    )

    def check(self) -> None:
        """Raises ConfigError: a package that is not there."""
        from audio.export.export import refuse_missing_packages

        refuse_missing_packages(self.formats)

    def check_inputs(self) -> None:
        """Raises NothingThere, CheckpointError: a model or a dataset that is not there, or is of no use."""
        from tasks import lookup

        lookup.refuse_unusable(self.model_id, self.dataset_id, lookup.here())


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("export"), ExportParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.export.export import ExportError, export
        from tasks import lookup
        from tasks.reporting import card

        project = run.task.get_project_name()
        model = lookup.model(run.parameters.model_id, project)
        run.task.set_input_model(model_id=model.id)
        dataset_id = lookup.dataset_of(model, run.parameters.dataset_id, project)
        dataset_id, folder = lookup.dataset_folder(dataset_id, project)
        run.task.set_user_properties(dataset_id=dataset_id, model_id=model.id)
        path, store = lookup.heard_with(run, model), ClipStore.open(folder)
        made = export(path, run.folder, store, run.parameters)
        _report(run, made)
        own = model.get_metadata("dataset_id") in (None, "", dataset_id)
        told = card.card_of(model, path, store if own else None, card.newest(model.id), made)
        for one in made:
            if one.path.is_dir():
                (one.path / "README.md").write_text(told.markdown(), "utf-8", "surrogateescape")
        published = [_publish(run, one, model.name, dataset_id) for one in made if not one.refused]
        card.keep(run.task, run.folder, told, [model, *published])
        if refused := [one.refused for one in made if one.refused]:
            raise ExportError(" ".join(refused))


def _report(run: Run[ExportParameters], made: "list[Exported]") -> None:
    import pandas as pd

    from tasks.reporting import reports

    rows = pd.DataFrame(
        {
            "format": one.format,
            "MB": round(one.megabytes, 2),
            "largest difference of a logit": float(f"{one.difference:.2g}"),
            "same labels": f"{one.agreement:.1%}",
            "points of accuracy lost": round(one.lost, 1),
            "p50 ms, 1 thread": one.latency.p50,
            "p95 ms, 1 thread": one.latency.p95,
            "times as fast as torch": round(one.model_latency.p50 / max(one.latency.p50, 1e-3), 2),
            "note": one.note,
        }
        for one in made
    )
    reports.report_rows(run.logger, "exports", "comparison", rows)
    print(rows.to_string(index=False))


def _publish(run: Run[ExportParameters], one: "Exported", name: str, dataset_id: str) -> Any:
    """One file as an output model."""
    from clearml import OutputModel

    model = OutputModel(
        task=run.task, name=f"{name}, {one.format}", framework=FRAMEWORKS.get(one.format, "ONNX")
    )
    if one.path.is_dir():
        model.update_weights_package(
            weights_path=str(one.path),
            target_filename=f"{one.path.name}.zip",
            auto_delete_file=False,
            async_enable=False,
        )
    else:
        model.update_weights(str(one.path), auto_delete_file=False, async_enable=False)
    model.set_metadata("dataset_id", dataset_id, "str")
    print(f"{one.format} {model.id}")
    return model


if __name__ == "__main__":
    main()
