"""What the workshop asks for, with hints, by the name of a stage.

`FORWARD` makes the change that the stage stands for, `REVERSE` undoes it.
The hints lead from a question to nearly the answer.
"""

from typing import NamedTuple


class Task(NamedTuple):
    """What is asked for, and three hints, from a question to the answer."""

    text: str
    hints: tuple[str, str, str]


FORWARD = {
    "02": Task(
        "Log-softmax and negative log-likelihood are written by hand here."
        " PyTorch has one function for the two of them together. Use it, and"
        " do away with both functions. What `train` returns will be scores"
        " that are no log-probabilities any more; that is fine.",
        (
            "Which function of torch.nn.functional takes scores and the right"
            " digits, and returns a loss? What does its documentation say"
            " that the scores should be?",
            "It takes the log-softmax itself. So the model has to stop before"
            " it, with the weighted sums.",
            "The model returns `xb @ weights + bias` and nothing more, and"
            " the loss is `F.cross_entropy(pred, yb)`. Delete what nobody"
            " calls any more.",
        ),
    ),
    "03": Task(
        "Two loose tensors are the model, and the loop moves and clears each"
        " by its name. Put them into a class of your own that derives from"
        " `nn.Module`, as parameters. Let the loop ask the model for all its"
        " parameters, and let the model clear their gradients. Draw the"
        " weights as they are drawn now, so that they start out the same.",
        (
            "What has to be true of a tensor for `model.parameters()` to find"
            " it? What marks it as something to learn?",
            "In `__init__`, after `super().__init__()`, two attributes:"
            " `nn.Parameter` around each tensor. In `forward`, what `model`"
            " did. In the loop, one line for every `p`.",
            "`with torch.no_grad():`, `for p in model.parameters():`,"
            " `p -= p.grad * lr`, in place; after that loop, once,"
            " `model.zero_grad()`. The model is made before the epochs begin.",
        ),
    ),
    "04": Task(
        "The class keeps a matrix and a bias, and multiplies by hand. PyTorch"
        " has a layer that is both. Give the class that layer, and let go of"
        " its own parameters. The layer draws its initial weights in a way of"
        " its own; leave that to it. For the check it is given the weights"
        " that the program starts with now.",
        (
            "Which layer computes a weighted sum of its inputs, and a bias?"
            " What does it want to know when it is made?",
            "`nn.Linear` is told the number of inputs and of outputs. As an"
            " attribute of your module, its parameters are found by"
            " `model.parameters()`: the loop needs no change.",
            "`self.linear = nn.Linear(784, 10)`, and `forward` returns what"
            " `self.linear` makes of `xb`. The import of math can go.",
        ),
    ),
    "05": Task(
        "The loop updates the parameters by hand. Let an optimizer of PyTorch"
        " do it: plain gradient descent, at the learning rate that `train` is"
        " given. It makes the step, and it clears the gradients.",
        (
            "The update has four lines. Which of them say what happens, and"
            " which only how? Who would have to know the parameters if they"
            " were gone?",
            "`optim.SGD` is made once, after the model, from its parameters"
            " and `lr`. It has a method that moves them, and one that clears"
            " their gradients.",
            "`opt = optim.SGD(model.parameters(), lr=lr)` before the epochs;"
            " in the loop, in this order, `loss.backward()`, `opt.step()`,"
            " `opt.zero_grad()`.",
        ),
    ),
    "06": Task(
        "Images and labels are cut out separately, one slice each. Hold them"
        " together in a `TensorDataset`, and cut a batch out of that, with"
        " one slice.",
        (
            "What do you get if you index a `TensorDataset`, and what if you"
            " slice it?",
            "It is made of the two tensors, in the order in which you want"
            " them back. Its length is the number of images.",
            "`train_ds = TensorDataset(x_train, y_train)`, and in the loop"
            " `xb, yb = train_ds[...]` with the slice that each of the two"
            " had.",
        ),
    ),
    "07": Task(
        "The loop works out where each batch begins and ends. Leave that to a"
        " `DataLoader` and loop over it. All images are to come, in the order"
        " in which they are, in batches of `batch_size`; the last one may be"
        " smaller.",
        (
            "What does the inner loop need of `start`, apart from the batch"
            " itself? Who could hand it the batches one after the other?",
            "A `DataLoader` is made of a dataset and a batch size, once. A"
            " loop over it yields pairs, and begins anew in every epoch. Look"
            " up what it does with the last batch by default.",
            "`train_dl = DataLoader(train_ds, batch_size=batch_size)`, and"
            " `for xb, yb in train_dl:` takes the place of two lines.",
        ),
    ),
    "08": Task(
        "After every epoch, measure the loss on the images to validate on,"
        " and pass it to `log.validation`. It is to be the mean over all of"
        " them: a smaller batch counts less. The model has to know whether it"
        " learns or is measured, and when it is measured nothing is recorded"
        " for a backward pass. Shuffle the images to train on; for the check"
        " they keep their order. So that none of this is written twice, move"
        " the loop into functions. Ours are `get_data`, which makes two"
        " loaders, `loss_batch`, for learning and for measuring, and `fit`;"
        " name yours as you like.",
        (
            "Which two switches differ between learning and measuring? One"
            " belongs to the model, one to autograd. And what would happen if"
            " the mean were taken over the losses of the batches?",
            "`model.train()` before the batches to learn from, `model.eval()`"
            " and `torch.no_grad()` around the others. Add up each batch's"
            " loss times its number of images, and divide by the number of"
            " all images at the end.",
            "A second `TensorDataset` and `DataLoader`, of x_valid and"
            " y_valid, without shuffling; the first has `shuffle=True`. With"
            " `total += loss * len(xb)` and `count += len(xb)` over all"
            " batches, call `log.validation(total / count)` once an epoch.",
        ),
    ),
    "09": Task(
        "Replace the linear model by a network of three convolutions, each"
        " 3 x 3 with stride 2 and padding 1, from 1 channel to 16, to 16, to"
        " 10, and a ReLU after each. In the end each of the ten channels is"
        " averaged over its grid; no linear layer is left. `train` takes"
        " `momentum`, 0.9 by default, hands it to the optimizer, and its `lr`"
        " is 0.1 by default. Loop, data and validation stay as they are.",
        (
            "A convolution wants (n, channels, height, width). What does a"
            " batch look like now, and where would you turn it into images?"
            " How large is the grid after each stride of 2?",
            "Three `nn.Conv2d` in `__init__`; in `forward`, reshape, then"
            " `F.relu` around each. The grid goes 28, 14, 7, 4, so"
            " `F.avg_pool2d` with 4 leaves one number for each channel.",
            "`xb.view(-1, 1, 28, 28)` to begin with and `xb.flatten(1)` at"
            " the end, after the pooling. The first layer is"
            " `nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)`, and the"
            " optimizer gets `momentum=momentum`.",
        ),
    ),
    "10": Task(
        "The network is a list of steps, so write it as one: an"
        " `nn.Sequential` takes the place of the class and its `forward`."
        " What was a function there must be a layer now. For reshaping either"
        " write a small layer that calls any function, ours is called"
        " `Lambda`, or find what PyTorch has. Make the layers in the order in"
        " which they are made now, so that they draw the same weights.",
        (
            "Go through `forward` line by line. Which of its steps are layers"
            " already, and what would have to become one?",
            "`nn.ReLU()` and `nn.AvgPool2d(4)` are the layers to the two"
            " functions. Reshaping can be a module whose `forward` calls a"
            " function that it was given.",
            "`nn.Sequential(reshape, conv, nn.ReLU(), conv, nn.ReLU(), conv,"
            " nn.ReLU(), nn.AvgPool2d(4), flatten)`, where the first could be"
            " `nn.Unflatten(1, (1, 28, 28))` and the last `nn.Flatten()`.",
        ),
    ),
    "11": Task(
        "The network is tied to 28 x 28 pixels twice: it reshapes its rows,"
        " and it pools over a window of 4 x 4. Pool by `nn.AdaptiveAvgPool2d`"
        " instead, so that any grid will do, and reshape before the network:"
        " wrap each loader in something that passes every batch through a"
        " function. Ours are `WrappedDataLoader` and `preprocess`. Mind that"
        " the network is also asked about x_valid, in the end. The check also"
        " asks it about images of another size.",
        (
            "What must `fit` be able to do with a loader? Does it have to be"
            " a `DataLoader`?",
            "Anything that can be looped over will do, in every epoch anew: a"
            " class with an `__iter__` that yields. Both loaders need it, and"
            " so does what `train` returns.",
            "`nn.AdaptiveAvgPool2d(1)`; the first step of the network goes. A"
            " function that returns `x.view(-1, 1, 28, 28), y`, and"
            " `for xb, yb in self.dl: yield self.func(xb, yb)`.",
        ),
    ),
    "12": Task(
        "Let the same training run on whatever accelerator there is: ask"
        " `torch.accelerator`, and take the CPU where there is none. `train`"
        " takes a last argument, `device`, which is that by default. Move the"
        " model there before the optimizer is made, and every batch when its"
        " turn comes. The predictions come back to the CPU.",
        (
            "What has to be on one device when the loss of a batch is"
            " computed? Which function sees every batch anyway?",
            "`torch.accelerator.is_available()` and `current_accelerator()`"
            " answer once, at the top of the file. A module's `to` changes"
            " the module, a tensor's `to` returns another tensor.",
            "`preprocess` returns `x.view(-1, 1, 28, 28).to(device)` and"
            " `y.to(device)`; `model = cnn().to(device)`; and `train` returns"
            " its predictions with `.cpu()`.",
        ),
    ),
}

REVERSE = {
    "02": Task(
        "Do without `F.cross_entropy`: write what it computes from"
        " operations on tensors. It takes the log-softmax of each row, picks"
        " the one of the right digit, and returns the mean of what it picked,"
        " with the other sign.",
        (
            "How can the logarithm of a softmax be written without a softmax?"
            " And how can one number be picked from each row?",
            "log softmax(x) = x - log(sum(exp(x))), the sum over a row. Two"
            " lists of indices, rows and columns, pick one number a row.",
            "`x - x.exp().sum(-1, keepdim=True).log()`, then"
            " `-log_probs[torch.arange(len(target)), target].mean()`.",
        ),
    ),
    "03": Task(
        "Do without `nn.Module`: let the model be two tensors and a function."
        " They have to ask for gradients themselves, and the loop has to move"
        " and clear each of them by name. Draw the weights as they are drawn"
        " now.",
        (
            "What did `nn.Parameter` see to when it was made, and what"
            " `model.zero_grad()`?",
            "A tensor asks for a gradient by `requires_grad_()`, but only"
            " once it is finished: what is computed from it is no leaf.",
            "`weights = torch.randn(784, 10) / math.sqrt(784)`, then"
            " `weights.requires_grad_()`; in the loop, under"
            " `torch.no_grad()`, `weights -= weights.grad * lr` and"
            " `weights.grad.zero_()`, and both for `bias`.",
        ),
    ),
    "04": Task(
        "Do without `nn.Linear`: give the class a weight and a bias of its"
        " own, and multiply by hand. Draw a (784, 10) matrix with"
        " `torch.randn`, divide it by the square root of 784, and start the"
        " bias at zero; for the check `nn.Linear` is given the same. Or draw"
        " both exactly as `nn.Linear` does.",
        (
            "What did `nn.Linear` hold, and what did its `forward` compute?",
            "Two attributes, each an `nn.Parameter`, then `model.parameters()`"
            " still finds them. A batch is (n, 784) and the result (n, 10);"
            " which product gives that?",
            "`self.weights = nn.Parameter(torch.randn(784, 10) /"
            " math.sqrt(784))`, a bias of `torch.zeros(10)`, and `forward`"
            " returns `xb @ self.weights + self.bias`.",
        ),
    ),
    "05": Task(
        "Do without the optimizer: move the parameters by hand, each a little"
        " against its gradient, and clear the gradients after that.",
        (
            "What does one step of plain gradient descent do to a parameter?"
            " And why must autograd not see it?",
            "Go through `model.parameters()` under `torch.no_grad()`. What is"
            " in place changes the parameter; anything else only makes a new"
            " tensor.",
            "`for p in model.parameters(): p -= p.grad * lr`, then"
            " `model.zero_grad()`.",
        ),
    ),
    "06": Task(
        "Do without `TensorDataset`: cut the batch out of the images and out"
        " of the labels.",
        (
            "What does a slice of the dataset do to each of its tensors?",
            "Two slices, from the same start and of the same length; the loop"
            " needs the number of images from elsewhere.",
            "`range(0, len(x_train), batch_size)`, then"
            " `x_train[start : start + batch_size]`, and the same of y_train.",
        ),
    ),
    "07": Task(
        "Do without `DataLoader`: work out where each batch begins, and slice"
        " the dataset. No image may be left out, and none come twice.",
        (
            "How many batches are there, and how large is the last one?",
            "A `range` with a step names the beginnings. A slice beyond the"
            " end is only shorter, no error.",
            "`for start in range(0, len(train_ds), batch_size):`, and a batch"
            " is `train_ds[start : start + batch_size]`.",
        ),
    ),
    "08": Task(
        "Take the validation out again, and the shuffling with it. What is"
        " left is a loop over the epochs and one over the batches, in"
        " `train` itself: forward, loss, backward, step, zero, log.",
        (
            "Which lines of `fit` and `loss_batch` would a training need that"
            " is never measured?",
            "One loader is enough, and it keeps the order of the images."
            " Write the body of `loss_batch` where it is called.",
            "`for epoch in range(epochs): for xb, yb in train_dl:`, then the"
            " lines of `loss_batch` without its `if`, then `log(loss)`.",
        ),
    ),
    "09": Task(
        "Put the linear model back: one layer, 784 inputs, ten outputs, no"
        " convolution. `momentum` goes, from the optimizer and from the"
        " arguments of `train`, and `lr` is 0.5 by default again. Loop, data"
        " and validation stay as they are.",
        (
            "What does the linear model want of a batch that the network did"
            " not, or the other way round?",
            "A class with one `nn.Linear`. It takes rows of 784 pixels, which"
            " is what the batches are.",
            "`self.linear = nn.Linear(784, 10)` and `forward` returns"
            " `self.linear(xb)`; `optim.SGD(model.parameters(), lr=lr)`.",
        ),
    ),
    "10": Task(
        "Do without `nn.Sequential`, `nn.ReLU` and `nn.AvgPool2d`: write a"
        " class whose `forward` goes through the steps by hand, and calls"
        " functions for what has no weights. Make the layers in the order in"
        " which they are made now.",
        (
            "Which of the layers keep weights? Only those have to be"
            " attributes.",
            "Three `nn.Conv2d` in `__init__`, after `super().__init__()`; in"
            " `forward`, `F.relu` and `F.avg_pool2d`.",
            "`xb = xb.view(-1, 1, 28, 28)`, three times"
            " `xb = F.relu(self.conv1(xb))` and so on,"
            " `xb = F.avg_pool2d(xb, 4)`, and return `xb.flatten(1)`.",
        ),
    ),
    "11": Task(
        "Tie the network to 28 x 28 pixels again: it takes rows, reshapes"
        " them itself, and pools over a window of 4 x 4, without"
        " `nn.AdaptiveAvgPool2d`. Nothing is wrapped around the loaders any"
        " more.",
        (
            "If batches arrive as rows, where must they become images?",
            "A first layer that reshapes, as the last one flattens. The mean"
            " over the grid of 4 x 4 is that of one window of size 4.",
            "`Lambda(lambda xb: xb.view(-1, 1, 28, 28))` in front, and"
            " `nn.AvgPool2d(4)`; `train` hands `fit` the loaders as they are"
            " and returns `model(x_valid)`.",
        ),
    ),
    "12": Task(
        "Take the accelerator out again: no `torch.accelerator`, no `device`,"
        " nothing is moved.",
        (
            "Which lines would do nothing on a machine that has none?",
            "The lines at the top that look for it, the argument of `train`,"
            " and each `to` and `cpu`.",
            "`preprocess` returns `x.view(-1, 1, 28, 28), y`, and `train`"
            " returns `model(x_valid)`.",
        ),
    ),
}
