"""The one transaction in which an article and the model that learnt it come into force."""

from conversations.events import Events
from knowledge_base import versions
from knowledge_base.learning import phrases, store
from knowledge_base.learning.models import NluModel, Training, TrainingState
from staff import audit
from storage.database import Transaction


async def put_in_force(tx: Transaction, events: Events, training: Training) -> bool:
    """Publish what ``training`` trained for. False: other articles were published meanwhile, so
    the model would forget them; the training is queued anew."""
    model = await tx.session.get_one(NluModel, training.model_id)
    now = await phrases.of_articles(tx.session, with_version=training.version_id)
    if phrases.digest(now) != model.phrases_digest:
        training.state, training.attempts, training.model_id = TrainingState.QUEUED, 0, None
        return False
    if training.version_id is not None and training.article_id is not None:
        await versions.put_in_force(tx, events, training.article_id, training.version_id)
        audit.record(
            tx, training.author_id, "article.published", object_kind="article",
            object_id=training.article_id, version_id=training.version_id,
        )  # fmt: skip
    await store.make_active(tx, events, model.id)
    audit.record(
        tx, training.author_id, "model.activated", object_kind="model", object_id=model.model_id
    )
    training.state, training.finished_at = TrainingState.DONE, tx.now
    return True
